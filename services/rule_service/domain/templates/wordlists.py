"""Words that adverts, swindles and abuse in Chinese customer groups are made of.

A word stands here only if customers hardly ever write it for another reason. Short words are looked for inside longer
ones, so a list prefers 花呗套现 to 套现, which lies in 这套现在有货, and names the innocent words that remain.
"""

from rule_service.domain.conditions import KeywordCondition
from rule_service.domain.match_modes import default_keyword


def _condition(keywords: str, allow_phrases: str = "") -> KeywordCondition:
    return KeywordCondition(tuple(map(default_keyword, keywords.split())), tuple(allow_phrases.split()))


ADVERTS = _condition(
    """
    加微信 +微信 加我微信 加薇信 加威信 加徽信 加维信 加V信 加vx 加我vx +vx 加wx 加我wx 加微咨询 加微了解 加薇了解 加扣扣 加我QQ 加企鹅群
    扫码加我 私聊我领 私信我领 点击链接领取 点链接领红包 复制打开淘宝 帮我砍一刀 帮忙砍一刀 帮砍一刀 拼多多助力
    诚招代理 招募代理 全国招代理 微商代理 招收代理 诚邀加盟 加盟热线 一手货源 厂家货源 货源加我 高仿手表 高仿包 高仿鞋 精仿手表 一比一复刻 莆田纯原
    兼职日结 日结兼职 兼职日薪 在家兼职 手机兼职 宝妈兼职 打字兼职 高薪兼职 兼职赚钱 刷单 刷信誉 点赞赚钱 做任务返佣 垫付返佣 高额返佣 躺赚
    日赚百元 日赚上百 日赚千元 日入过千 日入上千 月入过万 月入上万 轻松赚钱 网赚项目 网赚平台 副业赚钱 赚钱项目 稳赚不赔 零投资 带你赚钱 跟我赚钱
    荐股群 免费荐股 老师荐股 股票群 炒股群 推荐牛股 高回报理财 炒币 虚拟币投资 外汇平台 数字货币投资 代开发票 代开票 出售发票 办证刻章 代办证件
    """,
    """
    能加微信吗 可以加微信吗 可以加微信不 怎么加微信 想加微信 加微信吗 能加微信群 可以加微信群吗 想加微信群 加微信支付 加微信付 参加微信 增加微信 已加微信 已经加微信
    牙刷单 毛刷单 鞋刷单 印刷单 粉刷单 洗刷单 刷单词 刷单选 刷单元 刷单项 刷单独 刷单个 刷单层 刷单面 刷单号 刷单据 刷单买 刷单卖 刷单支
    刷单诈骗 刷单骗局 刷单返利诈骗 防范刷单 警惕刷单 拒绝刷单 远离刷单 可以代开发票吗 能代开发票吗 代开票据
    """,
)
"""Adverts that lead customers away, and offers of easy money."""

GAMBLING_AND_PORN = _condition(
    """
    线上赌场 网上赌场 赌场上线 澳门赌场线上 真人荷官 真人百家乐 时时彩 六合彩 彩票计划 带你买彩票 快三计划 博彩平台 博彩网站 网上博彩
    赌球 买球平台 体育投注 网上投注 下注平台 送彩金 首存送 棋牌上分 棋牌代理 捕鱼上分 上分下分 银商上分
    裸聊 约炮 一夜情 援交 招嫖 同城约会 同城交友约 外围女 外围模特 看黄片 黄片资源 成人片资源 激情视频
    男女激情 无码视频 无码高清 偷拍资源 av资源 迷奸药 催情药 催情水
    出售银行卡 收购银行卡 高价收微信号 收购微信号 出租微信号 跑分平台 跑分项目 洗钱通道 枪支出售
    """,
    """
    打赌球 体育投注站 体育投注意 支援交 预约炮 节约炮 大约炮 首存送达 裸聊诈骗 裸聊敲诈 裸聊勒索 警惕裸聊 拒绝裸聊
    一夜情况 一夜情绪 外围女生 六合彩虹 时时彩排 时时彩色 时时彩虹
    """,
)
"""Gambling, pornography, and the trade in what is forbidden."""

LOANS = _condition(
    """
    无抵押贷款 无抵押借款 低息贷款 免息贷款办理 贷款秒批 秒批秒到 秒下款 当天下款 当天放款 极速放款 急速贷款 黑户可贷 黑户贷款 黑户下款 征信修复 修复征信
    不看征信 不查征信 信用卡套现 花呗套现 白条套现 代办信用卡 信用卡提额 信用卡代还 小额贷款 身份证贷款 校园贷款办理 学生也能贷 借款秒到 借钱秒到
    """,
    "征信修复骗局 征信修复诈骗 警惕征信修复 警惕校园贷款办理",
)
"""Loans that no bank offers."""

ABUSE = _condition(
    """
    傻逼 傻比 傻屄 煞逼 傻叉 傻b 操你妈 草你妈 艹你妈 肏你 日你妈 去你妈的 你妈逼 你妈比的 你妈死了 死全家 全家死光 没娘养 狗娘养 狗日的
    狗杂种 小杂种 王八蛋 王八羔子 臭婊子 婊子养的 贱人 贱货 去死吧 你去死 脑残 你个白痴 大白痴 你个智障 智障玩意 你个弱智 弱智东西 废物东西
    人渣 狗畜生 畜生东西 蠢货 蠢猪 不要脸的东西 滚你妈 nmsl cnm
    """,
    """
    贫贱人 微贱人 卑贱人 低贱人 脑残疾 脑残留 脑残余 脑残影 你去死记 你去死海
    生日你妈 节日你妈 假日你妈 周日你妈 今日你妈 明日你妈 昨日你妈 每日你妈 体操你妈 早操你妈 间操你妈 做操你妈
    """,
)
"""Insults."""

CHEATING = _condition(
    """
    代写作业 作业代写 代写论文 论文代写 代写毕业论文 代做作业 代抄作业 代写作文 替考 代考包过 专业代考 找人代考 枪手代考 考试包过 包过保录 考前泄题
    出售答案 出售考题 买考题 卖考题 考题答案加 真题泄露 内部考题 考试作弊器 作弊器 作弊耳机 作弊神器 隐形耳机 黑客改分 代改成绩 修改成绩加
    代刷网课 网课代刷 代刷课时 代上网课 学历包过 买文凭 卖文凭 代办文凭 代办学历 办假证 假文凭 假学历
    """,
    """
    代替考 接替考 替考生 严禁替考 拒绝替考 近代上网课
    现代写作文 现代写作业 时代写作文 时代写作业 年代写作文 年代写作业
    """,
)
"""Services that cheat at school."""

NICKNAME_ADVERTS = _condition(
    """
    加微信 加我微信 加薇信 加V信 加V 加vx vx 加wx 加QQ 微信同号 兼职日结 兼职加 招兼职 兼职招聘 刷单 日赚 网赚 躺赚 副业项目 引流推广
    推广加 微商代理 诚招代理 招代理 一手货源 厂家货源 代开发票 代开票 办证 贷款 放款 花呗套现 信用卡套现 征信修复 代写作业 代写论文
    论文代写 作业代写 代考 替考 网课代刷 买文凭 返佣 荐股 博彩 棋牌上分 六合彩 裸聊 约炮
    """,
    "刷单词",
)
"""Adverts as names: a name says little else, so shorter words do."""
