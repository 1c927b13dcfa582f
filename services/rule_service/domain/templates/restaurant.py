"""Restaurants: links that have nothing to do with the shop, adverts; competitors come besides."""

from rule_service.domain.conditions import Conditions, MessageType
from rule_service.domain.templates.draft import Draft, TemplateParameters, kick_after, warn_and_kick
from rule_service.domain.templates.wordlists import ADVERTS, GAMBLING_AND_PORN, LOANS


def drafts(parameters: TemplateParameters) -> list[Draft]:
    """Returns the rules."""
    return [
        Draft(
            "与本店无关的链接和小程序",
            Conditions(message_types=parameters.unwanted(MessageType.LINK, MessageType.MINI_PROGRAM)),
            kick_after(
                3, "{nickname}，您好！本群用于订座、点餐和优惠通知，请不要发送与本店无关的链接，谢谢您！"
            ),
        ),
        Draft(
            "广告与引流",
            Conditions(keywords=ADVERTS),
            kick_after(
                1, "{nickname}，您好！本群用于订座、点餐和优惠通知，请不要发布推广信息，谢谢您的理解。"
            ),
        ),
        Draft(
            "赌博色情与违法交易",
            Conditions(keywords=GAMBLING_AND_PORN),
            warn_and_kick("为了让大家安心用餐交流，{nickname}因发布违规内容已被移出群聊。"),
        ),
        Draft(
            "贷款推销",
            Conditions(keywords=LOANS),
            kick_after(1, "{nickname}，您好！请不要在群内推销金融业务，谢谢您的理解。"),
        ),
    ]
