"""What the templates' rules are, and what their words find: adverts and abuse, and not what customers write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filter_service.domain import rule as judged
from filter_service.domain.compiled import Keyword
from filter_service.domain.findings import Sent, find
from filter_service.domain.keyword_hits import Scanned
from filter_service.domain.keyword_index import occurrences
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from rule_service.domain.conditions import KeywordCondition, MessageType
from rule_service.domain.rule import ActionKind, Blacklist, State
from rule_service.domain.templates import Draft, Template, TemplateParameters, template_drafts
from rule_service.domain.templates.competitors import competitor_draft
from rule_service.domain.templates.validation import validate_template
from rule_service.domain.validation import validate_rule
from service_kit.errors import InvalidFields
from service_kit.revision import Revision
from support.messages import plain
from support.rules import ADMINS, NOW

RETAIL, RESTAURANT, EDUCATION = Template
PARAMETERS = TemplateParameters(
    ("张家烤鱼", "Lee's Noodles"), ("shop.example.com",), ("wx0123456789abcdef", "gh_0123456789ab@app")
)
GROUP = judged.Group("wr1", "zhang", 0)

INNOCENT = {
    RETAIL: """
        在吗？我想问一下这款羽绒服还有L码吗
        请问今天下单什么时候能发货
        我的订单号是202611220015，麻烦查一下物流
        好的，谢谢老板！
        收到，已付款 129.9 元
        这套现在有货吗？有的话我要两套
        可以开发票吗？抬头是上海某某有限公司
        可以代收快递吗，我晚上八点才到家
        地址：北京市朝阳区建国路88号院2单元1203，电话13800138000
        店里电话是 010-65432100 吗，一直打不通
        营业到几点呀？周末也开门吗
        请问能加微信吗？想发图给您看看
        我已经加微信了，麻烦通过一下
        参加微信活动的优惠券怎么用
        门店增加微信支付了吗
        昨天买的电动牙刷单独的刷头有卖吗
        牙刷单价多少钱
        这个毛刷单买可以吗
        衣柜的上下分层可以调吗
        预约炮竹的自提时间是几点
        这是正品吗，和高仿怎么区分
        双十一满300减40能叠加会员折扣吗
        退货运费谁出？我想换个颜色
        请问有没有微博彩妆同款
        加热杯多少瓦，宿舍能用吗
        麻烦加我一个，接龙第15号 张女士 2份
        +1
        群主，优惠券在哪里领取
        小程序里显示缺货，线下门店有吗
        进群领的优惠券过期了怎么办
        好评返现是真的吗
        能不能再便宜点，我要十件
        招聘店员吗？我看门口贴了告示
        请问可以用花呗分期吗
        这个贷款利率太高了我还是付全款吧
        清洗钱包用什么油比较好
        生日赚积分是双倍吗
        老人能穿吗，我妈妈65岁
        在官网赚积分可以换礼品吗
        扫码领红包怎么领不了
        拼团要拉人头吗，最少几个人
        化妆刷单买多少钱
        警惕刷单诈骗，大家别上当
        质量非常好，已经推荐股东同事都来买了
        请问你们招代理吗
        支持一件代发吗
        谢谢客服，晚安[月亮]
        """,
    RESTAURANT: """
        请问今晚六点还有包间吗？我们十个人
        想订明天中午靠窗的四人桌
        外卖能送到科技园南区B座吗
        我的外卖怎么还没到，订单尾号8842
        羊杂碎汤今天有吗
        来一份蛋黄片皮鸭，少盐
        他家的老虎菜可以不放香菜吗
        停车方便吗？店门口能停几辆
        几点打烊？现在过去还能点餐吗
        地址是人民路66号对吗，坐几号线
        店里电话多少？13900139000 这个对吗
        可以代驾停车吗
        菜品很好吃，服务也周到，下次还来
        今天的汤有点咸，希望改进
        会员充500送100还有吗
        儿童餐有哪些，孩子三岁
        优惠券扫码就能用吗
        能开发票吗？公司报销用
        可以加微信付吗
        怎么加微信客服，我想预订年夜饭
        对花生过敏，请问哪些菜不含花生
        打包盒另收费吗
        店旁边有体育投注站那条路能停车吗
        成人电影票加套餐有团购吗
        上菜太慢了，等了四十分钟
        谢谢老板，味道不错
        好的收到
        我们要两份套餐A，一份套餐B
        周末需要提前几天预订
        有素食吗
        加一份米饭，不要辣
        酒水可以自带吗，开瓶费多少
        生日可以布置一下吗
        蛋糕上下分两层可以吗
        老板牛，赌五毛今天又要排队
        周年庆活动到几号
        服务员小王态度特别好
        宴会厅能坐多少人，有投影吗
        请问有兼职招聘吗，我是附近的学生
        套餐券退款多久到账
        WIFI密码是多少
        谁有优惠码分享一下
        你们店招商加盟吗？想了解一下
        """,
    EDUCATION: """
        老师好，今天的作业是第几页
        孩子发烧了，明天请假一天
        小明他妈的电话是多少，我联系一下接孩子
        刷单词打卡第20天
        刷单元卷之前要先看错题吗
        请问家长会是几点，在哪个教室
        谢谢老师，辛苦了
        收到
        古代考试制度这一课需要背诵吗
        现代考古的视频在哪里看
        期中成绩可以代替考试分数吗
        杂种优势和杂交育种怎么区分
        他妈妈今天来接，不用等
        今天讲的排泄系统题目不会做
        《白痴》是陀思妥耶夫斯基写的
        贫贱人家的孩子早当家
        大脑残疾儿童如何随班就读
        课程表能再发一遍吗
        学费可以分期吗，怎么交
        地址是中山路12号三楼吗，电话021-55667788
        几点放学？我五点半到可以吗
        孩子口语不太好，有什么课推荐
        寒假班什么时候开课
        我家孩子网课听不清，声音太小
        请问用什么软件上网课
        发泄题海战术的压力，孩子去跑步了
        作文字数要求是多少
        老师，论文写作课还有名额吗
        禁止赌博的主题班会材料要准备吗
        防范校园贷的讲座几点开始
        代课老师是谁
        修改分数线的通知看到了吗
        上学期的学生证怎么补办证明
        孩子说今天数学考了98分，很开心
        妈的，不对，打错字了，是妈妈的签名
        班级群里请大家改一下备注
        英语老师的微信名片可以推一下吗
        周日你妈妈来接你还是爸爸来
        祝你生日快乐，生日你妈妈给你做蛋糕了吗
        跳体操你妈妈也来看吗
        暑假带你去死海，不是让你去死记硬背
        孩子发烧，观察一夜情况好多了
        六合彩虹跑报名，时时彩排别忘了带道具
        外围女生请往里站，老师说体育投注意安全
        家长们在门口替考生加油
        学校张贴了通知，严禁替考
        这个年代写作业都用平板，时代写作文也不一样
        体育课要带跳绳
        累死妈妈了，作业终于写完
        请问能加微信吗，想私下了解孩子情况
        校服什么时候发
        怎么屏蔽孩子手机里的色情网站
        成人视频课程有吗，我自己也想学
        电脑残影严重，看不清课件
        转发反诈提醒：裸聊诈骗、刷单返利诈骗、征信修复骗局
        孩子给游戏充值虚拟币怎么退
        由谁接替考务组长
        急死妈妈了，孩子还没到校
        课后服务的报名链接是哪一个
        """,
}
NASTY_EVERYWHERE = """
    代开发票，各行各业，电话同号
    在家兼职，日赚百元不是梦
    宝妈兼职日结，一单一结
    淘宝刷单，先付佣金
    需要的加微信abc123456了解详情
    有福利，加VX：hao1234
    ＋ＶＸ领取资料
    想赚钱的加我微信
    加薇信 hao888 免费领
    网赚项目，轻松赚钱，稳赚不赔
    跟我赚钱，推荐牛股，天天涨停
    澳门赌场线上开业，真人荷官
    棋牌上分下分，24小时在线
    六合彩内部资料
    快三计划，带你买彩票计划稳赢
    同城约会，激情视频
    裸聊看片
    花呗套现秒到
    黑户可贷，不看征信，当天放款
    办证刻章，信誉第一
    出售银行卡四件套
    """
NASTY = {
    RETAIL: NASTY_EVERYWHERE
    + """
    全国招代理，一手货源
    高仿手表一比一复刻
    帮我砍一刀，马上就拿到了
    莆田纯原，支持验货
    """,
    RESTAURANT: NASTY_EVERYWHERE
    + """
    别在这儿吃，去张家烤鱼，便宜一半
    LEE'S NOODLES 今天五折
    点链接领红包，人人有份
    诚邀加盟，小吃培训
    """,
    EDUCATION: NASTY_EVERYWHERE
    + """
    你个智障，会不会教
    傻逼老师
    去死吧你
    代写作业，代写论文，包过
    替考，通过再付款
    考前泄题，出售答案
    隐形耳机，作弊神器
    网课代刷，一门十元
    代办学历，买文凭
    """,
}
NICKNAMES_FINE = (
    "小明妈妈 三年二班王浩爸爸 Vivian 李老师 VVX级工程师 张 贷你看世界 加油的琳琳 爱刷单词的女孩 微信用户"
)
NICKNAMES_ADVERTS = "加V：hao123 VX同号123 兼职日结找我 代开发票 办证13800138000 网课代刷 专业贷款 加微信abc"


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def found(words: list[KeywordCondition], text: str) -> list[str]:
    """The keywords that FilterService finds, allow phrases considered."""
    action = judged.Action(judged.ActionKind.KICK, 0, "", judged.Blacklist.NONE)
    rules = [
        judged.Rule(
            f"r{index}",
            1,
            judged.State.ENABLED,
            tuple(Keyword(it.text, it.match_mode) for it in condition.keywords),
            action,
            condition.allow_phrases,
        )
        for index, condition in enumerate(words)
    ]
    binding = BindingChange(Operation.SET, tuple(rule.rule_id for rule in rules), 0, b"\x80")
    snapshot = Snapshot().changed([*rules, GROUP, binding], Revision(1, "ab"))
    [item] = plain(text)
    scanned = [Scanned(item, part, occurrences(snapshot.indexes, part.text)) for part in item.parts]
    return [hit.keyword.text for hit in find(snapshot, Sent(GROUP, (item,)), scanned).hits if hit.keyword]


def words_of(template: Template) -> list[KeywordCondition]:
    drafts = template_drafts(template, PARAMETERS)
    return [draft.conditions.keywords for draft in drafts if draft.conditions.keywords]


def draft_with(template: Template, kind: MessageType) -> Draft:
    [draft] = [
        draft
        for draft in template_drafts(template, PARAMETERS)
        if draft.conditions.message_types and kind in draft.conditions.message_types.types
    ]
    return draft


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("parameters", [PARAMETERS, TemplateParameters(("张家烤鱼",))])
def test_every_rule_is_valid_and_blacklists_nobody(
    template: Template, parameters: TemplateParameters
) -> None:
    """Valid as CreateRule would have it, the warning free of the keywords; and mistakes can be made good."""
    drafts = template_drafts(template, parameters)
    for draft in drafts:
        validate_rule(draft.rule("0" * 24, ADMINS, State.ENABLED, NOW))
        assert draft.action.add_to_blacklist is Blacklist.NONE
    names = [draft.display_name for draft in drafts]
    assert len(set(names)) == len(names) >= 5


@pytest.mark.parametrize("template", Template)
def test_what_customers_write_breaks_no_rule(template: Template) -> None:
    """Orders, questions, thanks, addresses; among them innocent words with a keyword's characters inside."""
    messages = lines(INNOCENT[template])
    assert len(messages) >= 40
    assert {text: hits for text in messages if (hits := found(words_of(template), text))} == {}


@pytest.mark.parametrize("template", Template)
def test_every_typical_advert_or_insult_is_found(template: Template) -> None:
    """Also in capitals and full width."""
    messages = lines(NASTY[template])
    assert len(messages) >= 20
    assert [text for text in messages if not found(words_of(template), text)] == []


def test_nicknames_of_adverts_are_found_and_others_are_not() -> None:
    """Education looks at nicknames, with words of its own."""
    [words] = [
        draft.conditions.nickname_keywords
        for draft in template_drafts(EDUCATION, PARAMETERS)
        if draft.conditions.nickname_keywords
    ]
    assert [name for name in NICKNAMES_ADVERTS.split() if not found([words], name)] == []
    assert [name for name in NICKNAMES_FINE.split() if found([words], name)] == []


@pytest.mark.parametrize(
    ("template", "types"),
    [
        (RETAIL, (MessageType.LINK, MessageType.MINI_PROGRAM, MessageType.QR_CODE)),
        (RESTAURANT, (MessageType.LINK, MessageType.MINI_PROGRAM)),
        (EDUCATION, (MessageType.LINK, MessageType.FILE)),
    ],
)
def test_sorts_of_message_come_with_the_callers_whitelists(
    template: Template, types: tuple[MessageType, ...]
) -> None:
    """A shop's own pages and mini programs may be sent, whatever the trade."""
    for kind in types:
        condition = draft_with(template, kind).conditions.message_types
        assert condition is not None
        wanted = PARAMETERS.web_whitelist if MessageType.LINK in condition.types else ()
        assert condition.web_whitelist == wanted
        wanted = PARAMETERS.mini_program_whitelist if MessageType.MINI_PROGRAM in condition.types else ()
        assert condition.mini_program_whitelist == wanted


@pytest.mark.parametrize("template", [RETAIL, EDUCATION])
def test_floods_are_warned_of_before_anybody_goes(template: Template) -> None:
    """Restaurants' groups are lively; the other two count."""
    [draft] = [it for it in template_drafts(template, PARAMETERS) if it.conditions.frequency]
    assert draft.action.kind is ActionKind.KICK_AFTER_WARNINGS


@pytest.mark.parametrize("template", [RETAIL, EDUCATION])
def test_competitors_make_one_rule_more(template: Template) -> None:
    """Where they are not what the template is about."""
    without = template_drafts(template, TemplateParameters())
    more = template_drafts(template, TemplateParameters(("张家烤鱼",)))
    assert more[:-1] == without
    assert more[-1] == competitor_draft(("张家烤鱼",))


@pytest.mark.parametrize("name", ["本店", "您好", "其他商家", "n", "nickname", "，", "谢谢", "群"])
def test_a_competitor_whose_name_is_in_the_warning_gets_another_warning(name: str) -> None:
    """Else the group would read the name from us, and the rule could not be made."""
    validate_rule(competitor_draft((name,)).rule("0" * 24, ADMINS, State.ENABLED, NOW))


def violations(template: Template, parameters: TemplateParameters) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        validate_template(template, ADMINS, parameters)
    return {it.field: it.description for it in caught.value.violations}


def test_names_that_every_warning_holds_are_refused_by_their_places() -> None:
    """All others stay unnamed."""
    names = ("张家烤鱼", "本店", "您好", "温馨", "🙏")
    assert set(violations(RETAIL, TemplateParameters(names))) <= {
        f"competitor_names[{it}]" for it in range(1, 5)
    }
    validate_template(RETAIL, ADMINS, TemplateParameters(names[:4]))


def test_all_that_is_wrong_is_said_at_once_in_the_requests_own_fields() -> None:
    """Blank, too long, the same after folding, no page, no mini program: one answer."""
    parameters = TemplateParameters(
        ("KFC", " ", "ｋｆｃ", "字" * 65),
        ("ok.example.com", "com.cn", "https://ok.example.com/"),
        ("wx0123456789abcdef", "wx1", "wx0123456789abcdef"),
    )
    assert violations(EDUCATION, parameters) == {
        "competitor_names[1]": "1 to 64 characters are needed, not only what nobody sees",
        "competitor_names[2]": "the same as competitor_names[0] after folding",
        "competitor_names[3]": "at most 64 characters are allowed, not 65",
        "web_whitelist[1]": "'com.cn' is a public suffix: it would let in everybody who has a name below it",
        "web_whitelist[2]": "the same as web_whitelist[0] in another spelling",
        "mini_program_whitelist[1]": "an appid (wx and 16 of 0-9a-f) or a username (gh_…@app) is needed, not 'wx1'",
        "mini_program_whitelist[2]": "the same as mini_program_whitelist[0]",
    }


def test_lists_may_not_be_too_long_or_for_restaurants_empty() -> None:
    """100 names and 1,000 entries are fine."""
    full = TemplateParameters(
        tuple(f"店{number}号" for number in range(100)),
        tuple(f"shop{number}.example.com" for number in range(1000)),
        tuple(f"wx{number:016x}" for number in range(1000)),
    )
    for template in Template:
        validate_template(template, ADMINS, full)
    assert violations(RESTAURANT, TemplateParameters()) == {"competitor_names": "1 to 100 are allowed, not 0"}
    over = TemplateParameters(
        (*full.competitor_names, "又一家"),
        (*full.web_whitelist, "another.example.com"),
        (*full.mini_program_whitelist, "gh_0@app"),
    )
    assert violations(RETAIL, over) == {
        "competitor_names": "0 to 100 are allowed, not 101",
        "web_whitelist": "0 to 1000 are allowed, not 1001",
        "mini_program_whitelist": "0 to 1000 are allowed, not 1001",
    }


@given(
    template=st.sampled_from(Template),
    names=st.lists(
        st.text("本店您好请不要讨论其他商家{nickname}，。！🙏 ab字", max_size=4) | st.text(max_size=66),
        max_size=6,
    ),
)
def test_parameters_that_are_accepted_make_valid_rules(template: Template, names: list[str]) -> None:
    """Names are drawn from the warnings' own characters, too: accepted or refused, nothing in between."""
    parameters = TemplateParameters(tuple(names))
    try:
        validate_template(template, ADMINS, parameters)
    except InvalidFields:
        return
    for draft in template_drafts(template, parameters):
        validate_rule(draft.rule("0" * 24, ADMINS, State.ENABLED, NOW))
