//! Foreign residents: invented shares of nationalities, names in the alphabet, statuses of residence.
use base::{Date, Sex};

use crate::draw::Draws;
use crate::population::Foreign;
use crate::tables::Name;

const fn name(text: &'static str, kana: &'static str) -> Name {
    Name { text, kana }
}

pub(crate) struct Nation {
    /// 国籍・地域.
    name: &'static str,
    family: &'static [Name],
    male: &'static [Name],
    female: &'static [Name],
    /// Most came to work for some years; else most are settled for good.
    workers: bool,
    /// Special permanent residents (特別永住者) are found among them.
    special: bool,
}

const NATIONS: [Nation; 8] = [
    Nation {
        name: "ベトナム",
        family: &[name("NGUYEN", "グエン"), name("TRAN", "チャン"), name("LE", "レ"), name("PHAM", "ファム")],
        male: &[
            name("VAN HUNG", "ヴァン フン"),
            name("DUC ANH", "ドゥック アイン"),
            name("MINH TUAN", "ミン トゥアン"),
        ],
        female: &[
            name("THI LAN", "ティ ラン"),
            name("THI HUONG", "ティ フオン"),
            name("THU HA", "トゥ ハー"),
        ],
        workers: true,
        special: false,
    },
    Nation {
        name: "ブラジル",
        family: &[
            name("SILVA", "シルバ"),
            name("SANTOS", "サントス"),
            name("OLIVEIRA", "オリベイラ"),
            name("TANAKA", "タナカ"),
        ],
        male: &[
            name("LUCAS", "ルーカス"),
            name("CARLOS EDUARDO", "カルロス エドゥアルド"),
            name("RAFAEL", "ラファエル"),
        ],
        female: &[name("MARIA", "マリア"), name("ANA PAULA", "アナ パウラ"), name("JULIANA", "ジュリアナ")],
        workers: false,
        special: false,
    },
    Nation {
        name: "フィリピン",
        family: &[
            name("REYES", "レイエス"),
            name("CRUZ", "クルス"),
            name("GARCIA", "ガルシア"),
            name("DELA CRUZ", "デラ クルス"),
        ],
        male: &[name("JOSE", "ホセ"), name("MARK ANTHONY", "マーク アンソニー"), name("RAMON", "ラモン")],
        female: &[
            name("MARY JANE", "メリー ジェーン"),
            name("ROSE ANN", "ローズ アン"),
            name("ANGELICA", "アンジェリカ"),
        ],
        workers: false,
        special: false,
    },
    Nation {
        name: "ペルー",
        family: &[name("GONZALES", "ゴンサレス"), name("FLORES", "フローレス"), name("QUISPE", "キスペ")],
        male: &[name("LUIS ALBERTO", "ルイス アルベルト"), name("JORGE", "ホルヘ"), name("MIGUEL", "ミゲル")],
        female: &[name("ROSA", "ロサ"), name("CARMEN", "カルメン"), name("LUZ MARIA", "ルス マリア")],
        workers: false,
        special: false,
    },
    Nation {
        name: "中国",
        family: &[name("WANG", "ワン"), name("LI", "リ"), name("ZHANG", "チャン"), name("LIU", "リュウ")],
        male: &[name("WEI", "ウェイ"), name("JIANGUO", "ジエングオ"), name("HAORAN", "ハオラン")],
        female: &[name("FANG", "ファン"), name("XIAOYAN", "シャオイエン"), name("MEILING", "メイリン")],
        workers: true,
        special: false,
    },
    Nation {
        name: "韓国",
        family: &[name("KIM", "キム"), name("LEE", "イ"), name("PARK", "パク"), name("CHOI", "チェ")],
        male: &[name("MINJUN", "ミンジュン"), name("SUNGHO", "ソンホ"), name("YOUNGSOO", "ヨンス")],
        female: &[name("JIWOO", "ジウ"), name("EUNJUNG", "ウンジョン"), name("SOONJA", "スンジャ")],
        workers: false,
        special: true,
    },
    Nation {
        name: "インドネシア",
        family: &[name("SANTOSO", "サントソ"), name("WIJAYA", "ウィジャヤ"), name("HIDAYAT", "ヒダヤット")],
        male: &[name("BUDI", "ブディ"), name("AGUS", "アグス"), name("RIZKI", "リズキ")],
        female: &[name("SITI", "シティ"), name("DEWI", "デウィ"), name("PUTRI", "プトリ")],
        workers: true,
        special: false,
    },
    Nation {
        name: "ネパール",
        family: &[name("SHRESTHA", "シュレスタ"), name("GURUNG", "グルン"), name("THAPA", "タパ")],
        male: &[
            name("RAM BAHADUR", "ラム バハドゥル"),
            name("SURESH", "スレシュ"),
            name("BIKASH", "ビカシュ"),
        ],
        female: &[name("SITA", "シタ"), name("ANJALI", "アンジャリ"), name("SUNITA", "スニタ")],
        workers: true,
        special: false,
    },
];

/// Running totals of the nations' shares in hundredths.
const SHARES: [u32; 8] = [32, 54, 66, 75, 84, 90, 96, 100];

/// What the members of a foreign household have in common.
pub(crate) struct Origin {
    nation: &'static Nation,
    pub(crate) family: Name,
    settled: bool,
    stay_until: Date,
}

impl Origin {
    /// Those with a 通称 are settled: it asks for proof of use in life here.
    pub(crate) fn draw(draws: &mut Draws, common_name: bool, on: Date) -> Self {
        let nation = &NATIONS[draws.weighted(&SHARES)];
        let settled = common_name || draws.chance(if nation.workers { 200 } else { 850 });
        let days = jiff::Span::new().days(draws.between(30, 1500));
        let stay_until = on.checked_add(days).expect("within the calendar");
        Self { nation, family: *draws.pick(nation.family), settled, stay_until }
    }

    /// A given name that nobody in the household has, as long as the list reaches.
    pub(crate) fn given(&self, sex: Sex, taken: impl Fn(Name) -> bool, draws: &mut Draws) -> Name {
        let names = if sex == Sex::Male { self.nation.male } else { self.nation.female };
        let start = draws.below(u32::try_from(names.len()).expect("a short list")) as usize;
        let mut from_start = names[start..].iter().chain(&names[..start]).copied();
        from_start.find(|&name| !taken(name)).unwrap_or(names[start])
    }

    /// Status of a member; `dependant` is the family of one who came to work, `alone` who brought none.
    pub(crate) fn stay(&self, alone: bool, dependant: bool, draws: &mut Draws) -> Foreign {
        let special = self.settled && self.nation.special;
        let status = match (special, self.settled, dependant) {
            (true, ..) => "",
            (false, true, _) => draws.pick(&["永住者", "永住者", "定住者"]),
            (false, false, true) => "家族滞在",
            (false, false, false) if !alone => "技術・人文知識・国際業務",
            _ => draws.pick(&["技能実習２号ロ", "特定技能１号", "技術・人文知識・国際業務"]),
        };
        Foreign {
            nationality: self.nation.name,
            category: if special { "特別永住者" } else { "中長期在留者" },
            status,
            stay_until: (!special && status != "永住者").then_some(self.stay_until),
            common_name: String::new(),
            common_kana: String::new(),
        }
    }
}
