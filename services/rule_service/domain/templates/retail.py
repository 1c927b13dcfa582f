"""Retail: adverts, foreign mini programs and QR codes, floods."""

from rule_service.domain.conditions import (
    Conditions,
    FrequencyCondition,
    LengthCondition,
    MessageType,
    RepeatCondition,
)
from rule_service.domain.templates.draft import Draft, TemplateParameters, kick_after, warn_and_kick
from rule_service.domain.templates.wordlists import ADVERTS, GAMBLING_AND_PORN, LOANS

FLOODS = Draft(
    "刷屏与超长消息",
    Conditions(frequency=FrequencyCondition(10, 10_000), length=LengthCondition(800, 80)),
    kick_after(3, "{nickname}，您好！请不要连续或大段发送消息，以免影响其他群成员，有问题我们会逐一回复您。"),
)
REPEATS = Draft(
    "重复发送相同内容",
    Conditions(repeat=RepeatCondition(5, 600_000)),
    kick_after(3, "{nickname}，您好！相同的内容发送一次即可，我们会尽快回复您，感谢您的耐心等待。"),
)


def drafts(parameters: TemplateParameters) -> list[Draft]:
    """Returns the rules."""
    return [
        Draft(
            "广告与引流",
            Conditions(keywords=ADVERTS),
            kick_after(
                2, "{nickname}，您好！本群仅用于商品咨询和售后服务，请不要发布推广信息，感谢您的理解与支持。"
            ),
        ),
        Draft(
            "赌博色情与违法交易",
            Conditions(keywords=GAMBLING_AND_PORN),
            warn_and_kick("为了维护群内秩序，{nickname}因发布违规内容已被移出群聊，请大家提高警惕。"),
        ),
        Draft(
            "贷款推销",
            Conditions(keywords=LOANS),
            kick_after(1, "{nickname}，您好！请不要在群内推销金融业务，感谢您的理解与支持。"),
        ),
        Draft(
            "外部小程序、二维码与链接",
            Conditions(
                message_types=parameters.unwanted(
                    MessageType.MINI_PROGRAM, MessageType.QR_CODE, MessageType.LINK
                )
            ),
            kick_after(2, "{nickname}，您好！请不要发送与本店无关的小程序、二维码或链接，感谢您的配合。"),
        ),
        FLOODS,
        REPEATS,
    ]
