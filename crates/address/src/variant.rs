//! 異体字 of place names: old, popular and compatibility forms of one letter, folded to the form in general use.
//!
//! Only forms of one letter stand here. Letters that make another town (埜 and 野, 斉 and 斎) stay apart.
use std::sync::OnceLock;

/// Each word: the form in general use, then the other forms of it.
const FORMS: &str = "\
亜亞 悪惡 圧壓 囲圍 医醫 為爲 稲稻 隠隱 営營 栄榮 衛衞 駅驛 円圓 塩鹽 縁緣 艶艷 応應 欧歐 桜櫻 \
奥奧 横橫 温溫 穏穩 仮假 価價 画畫 会會 絵繪 壊壞 懐懷 概槪 拡擴 殻殼 覚覺 学學 岳嶽 楽樂 渇渴 \
勧勸 巻卷 関關 歓歡 観觀 顔顏 帰歸 気氣 亀龜 偽僞 戯戲 旧舊 拠據 挙擧 虚虛 峡峽 挟挾 狭狹 郷鄕鄉 \
暁曉 区區 駆驅 勲勳 薫薰 径徑 茎莖 恵惠恵 掲揭 渓溪 経經 蛍螢 軽輕 継繼 鶏鷄 芸藝 撃擊 県縣 倹儉 \
剣劍劒 険險 圏圈 検檢 献獻 権權 顕顯 験驗 厳嚴 広廣 効效 恒恆 黄黃 鉱鑛 号號 国國 黒黑 砕碎 済濟 \
斎齋 剤劑 桟棧 蚕蠶 惨慘 賛贊 残殘 糸絲 歯齒 児兒 辞辭 湿濕 実實 写寫 釈釋 寿壽 収收 従從 渋澁澀 \
獣獸 縦縱 粛肅 処處 叙敍敘 将將 称稱 焼燒 証證 奨奬 条條 状狀 乗乘 浄淨 剰剩 畳疊 縄繩 壌壤 嬢孃 \
譲讓 醸釀 触觸 嘱囑 真眞 寝寢 慎愼 尽盡侭儘 図圖 粋粹 酔醉 穂穗 随隨 髄髓 枢樞 数數 瀬瀨 声聲 静靜 \
斉齊 摂攝 窃竊 専專 浅淺 戦戰 践踐 銭錢 潜潛 繊纖 禅禪 曽曾 双雙 壮壯 荘莊 捜搜 挿插 巣巢 争爭 \
窓窗 総總 聡聰 装裝 騒騷 増增 蔵藏 臓臟 属屬 続續 堕墮 対對 体體躰 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 \
単單 担擔 胆膽 団團 弾彈 断斷 痴癡 遅遲 昼晝 虫蟲 鋳鑄 庁廳 聴聽 鎮鎭 逓遞 鉄鐵鉃 転轉 点點 伝傳 \
党黨 盗盜 灯燈 当當 闘鬪鬭 独獨 読讀 届屆 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 蛮蠻 \
秘祕 浜濱濵 瓶甁 払拂 仏佛 併倂 並竝 変變 辺邊邉 弁辨瓣辯 宝寶寳 豊豐 翻飜 槙槇 毎每 万萬 満滿 黙默 \
弥彌 訳譯 薬藥 与與 予豫 余餘 誉譽 揺搖 様樣 謡謠 来來 頼賴 乱亂 覧覽 竜龍 両兩 猟獵 緑綠 隣鄰 \
塁壘 励勵 礼禮礼 霊靈 齢齡 恋戀 炉爐 労勞 楼樓 郎郞郞 録錄 禄祿 湾灣 瑶瑤 尭堯 晋晉 桧檜 祢禰 遥遙 \
凛凜 藤籐 高髙 崎﨑嵜 島嶋嶌 渕淵渊 富冨 桑桒 薮藪籔 篭籠 湧涌 鴬鶯 鴎鷗 砺礪 蛎蠣 祇祗 菟莵兎兔 \
鯵鰺 麹麴 柏栢 梅楳梅 館舘館舘 峰峯 芦蘆 釜竈竃 秋穐 諫諌 頸頚 靭靱 桝枡 舗舖 雁鳫鴈 萌萠 鬱欝 函凾 \
沖冲 涼凉 決决 氷冰 猪豬猪 杉杦 吉𠮷 土圡 橋𣘺 壺壷 翠翆 紘絋 町甼 須湏 冴冱 胸胷 煙烟 略畧 群羣 \
鼠鼡 婿壻 姉姊 唖啞 嚢囊 噛嚙 塚塚 晴晴 凞凞 益益 神神神 祥祥 福福 靖靖 精精 羽羽 蘒蘒 諸諸 逸逸逸 \
都都 飯飯 飼飼 鶴鶴 隷隷 侮侮 僧僧 免免 勉勉 勤勤 卑卑 喝喝 嘆嘆 器器 塀塀 墨墨 層層 屮屮 悔悔 \
慨慨 憎憎 懲懲 敏敏 既既 暑暑 海海 渚渚 漢漢 煮煮 爫爫 琢琢 碑碑 社社 祉祉 祈祈 祐祐 祖祖 祝祝 \
禍禍 禎禎 穀穀 突突 節節 練練 縉縉 繁繁 署署 者者 臭臭 艹艹艹 著著 褐褐 視視 謁謁 謹謹 賓賓 贈贈 \
辶辶 難難 響響 頻頻 𤋮𤋮";

const FIRST: u32 = 0x4E00;
const LAST: u32 = 0x9FFF;

/// The form in general use of an ideograph.
pub(crate) fn general_form(letter: char) -> char {
    let code = u32::from(letter);
    if (FIRST..=LAST).contains(&code) {
        return Forms::get().main[(code - FIRST) as usize];
    }
    let others = &Forms::get().others;
    others.binary_search_by_key(&letter, |&(form, _)| form).map_or(letter, |place| others[place].1)
}

struct Forms {
    /// CJK unified ideographs, by code.
    main: Vec<char>,
    /// Compatibility ideographs and those beyond the first plane.
    others: Vec<(char, char)>,
}

impl Forms {
    fn get() -> &'static Self {
        static FOLDED: OnceLock<Forms> = OnceLock::new();
        FOLDED.get_or_init(|| {
            let ideographs = (FIRST..=LAST).filter_map(char::from_u32);
            let mut forms = Self { main: ideographs.collect(), others: Vec::new() };
            for word in FORMS.split_ascii_whitespace() {
                let mut letters = word.chars();
                let general = letters.next().expect("a word has letters");
                for form in letters {
                    forms.add(form, general);
                }
            }
            forms.others.sort_unstable();
            forms
        })
    }

    fn add(&mut self, form: char, general: char) {
        let code = u32::from(form);
        if (FIRST..=LAST).contains(&code) {
            self.main[(code - FIRST) as usize] = general;
        } else {
            self.others.push((form, general));
        }
    }
}
