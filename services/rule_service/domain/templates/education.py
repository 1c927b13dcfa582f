"""Education: strict words for groups of pupils and parents, adverts in nicknames, links and files, floods."""

from rule_service.domain.conditions import Conditions, FrequencyCondition, LengthCondition, MessageType
from rule_service.domain.templates.draft import Draft, TemplateParameters, kick_after, warn, warn_and_kick
from rule_service.domain.templates.wordlists import (
    ABUSE,
    ADVERTS,
    CHEATING,
    GAMBLING_AND_PORN,
    LOANS,
    NICKNAME_ADVERTS,
)


def drafts(parameters: TemplateParameters) -> list[Draft]:
    """Returns the rules."""
    return [
        Draft(
            "不文明用语",
            Conditions(keywords=ABUSE),
            kick_after(2, "{nickname}，您好！群里有孩子和家长，请使用文明用语，有意见可以私下联系老师。"),
        ),
        Draft(
            "赌博色情与违法交易",
            Conditions(keywords=GAMBLING_AND_PORN),
            warn_and_kick("为了保护孩子们，{nickname}因发布违规内容已被移出群聊，请大家不要点击或转发。"),
        ),
        Draft(
            "代写代考与学历买卖",
            Conditions(keywords=CHEATING),
            kick_after(1, "{nickname}，您好！本群倡导诚信学习，请不要发布此类服务信息，谢谢您的理解。"),
        ),
        Draft(
            "贷款推销",
            Conditions(keywords=LOANS),
            kick_after(1, "{nickname}，您好！请不要在群内推销金融业务，谢谢您的理解。"),
        ),
        Draft(
            "广告与引流",
            Conditions(keywords=ADVERTS),
            kick_after(1, "{nickname}，您好！本群只用于学习交流和通知，请不要发布推广信息，谢谢您的理解。"),
        ),
        Draft(
            "昵称含广告",
            Conditions(nickname_keywords=NICKNAME_ADVERTS),
            warn("您好！请把群昵称改为孩子姓名加家长身份，请不要在昵称里做宣传，谢谢您的配合。"),
        ),
        Draft(
            "外部链接、小程序与二维码",
            Conditions(
                message_types=parameters.unwanted(
                    MessageType.LINK, MessageType.MINI_PROGRAM, MessageType.QR_CODE
                )
            ),
            kick_after(
                3, "{nickname}，您好！为了孩子们的安全，请不要发送外部链接、小程序或二维码，谢谢您的配合。"
            ),
        ),
        Draft(
            "文件",
            Conditions(message_types=parameters.unwanted(MessageType.FILE)),
            warn("{nickname}，您好！为了避免重要通知被淹没，文件请私下发给老师，谢谢您的配合。"),
        ),
        Draft(
            "刷屏与超长消息",
            Conditions(frequency=FrequencyCondition(5, 10_000), length=LengthCondition(500, 50)),
            kick_after(3, "{nickname}，您好！请不要连续或大段发送消息，以免重要通知被淹没，谢谢您的配合。"),
        ),
    ]
