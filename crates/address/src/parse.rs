//! Reading a whole address somebody wrote: 「〒375-0015 群馬県藤岡市大字中栗須３２７番地の３ コーポ藤101」.
//!
//! Here: postal code, prefecture, municipality. `parse/town.rs` finds the town in the municipality, `lot` what stands
//! behind it.
mod town;

use base::MunicipalityId;

use self::town::{Behind, Taken};
use crate::fold::Folded;
use crate::lot::{self, Reading};
use crate::municipality::{Municipality, Named, Names, municipalities, municipality};
use crate::names::NameTable;
use crate::place::names_of;
use crate::town_index::{TownIndex, bare_koaza, bare_oaza, index};
use crate::{Address, Lot, Numbering, Place, PostalCode, TownKind, Warning, nation};

/// How far an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    Prefecture,
    Municipality,
    Town,
    /// 番地まで
    Block,
}

/// What was understood. Parts below `level` are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub level: Level,
    pub postal_code: Option<PostalCode>,
    pub prefecture: Option<&'static str>,
    pub municipality: Option<MunicipalityId>,
    /// The town, from whichever table; its `town` is the registry's row.
    pub town: Option<&'static Place>,
    /// The town as the registry writes it.
    pub town_name: String,
    /// The town as it is printed, with a 小字 that the registry does not have.
    pub town_text: String,
    /// Everything behind `town_name`, as written.
    pub behind_town: String,
    pub lot: Lot,
    /// 方書: what stands behind the lot, as written.
    pub detail: String,
    /// What was not understood, as written.
    pub rest: String,
    pub warnings: Vec<Warning>,
}

impl Parsed {
    /// The address to store, where at least the municipality is known; what was not understood
    /// stays in the text of the town.
    pub fn address(&self) -> Option<Address> {
        let (town_text, detail) = match self.town {
            Some(_) if self.level == Level::Town => (self.town_text.clone(), self.rest.clone()),
            Some(_) => (self.town_text.clone(), self.detail.clone()),
            None => (self.rest.clone(), String::new()),
        };
        Some(Address {
            municipality: self.municipality?,
            town: self.town.and_then(Place::id),
            town_text,
            lot: self.lot.clone(),
            detail,
        })
    }

    /// The towns to offer instead.
    pub fn near(&self) -> impl Iterator<Item = &'static Place> {
        self.warnings.iter().flat_map(|warning| warning.near().iter().copied())
    }
}

/// Reads an address as written in `home`: prefecture and municipality may be missing then. Any text is taken, and in
/// time that does not grow with it: letters beyond the 400th stay unread.
pub fn parse(home: MunicipalityId, text: &str) -> Parsed {
    read(Some(home), text)
}

/// Reads an address from anywhere in Japan.
pub fn parse_anywhere(text: &str) -> Parsed {
    read(None, text)
}

/// No address is longer.
const LONGEST_ADDRESS: usize = 400;

fn read(home: Option<MunicipalityId>, text: &str) -> Parsed {
    let end = text.char_indices().nth(LONGEST_ADDRESS).map_or(text.len(), |(end, _)| end);
    let mut reader = Reader { text, folded: Folded::of(&text[..end]), at: 0, home, parsed: nothing() };
    reader.postal_code();
    reader.prefecture();
    reader.municipality();
    reader.compare_postal_code();
    if reader.parsed.level != Level::Block {
        reader.parsed.rest = reader.rest_from(reader.at);
    }
    reader.parsed
}

fn nothing() -> Parsed {
    Parsed {
        level: Level::None,
        postal_code: None,
        prefecture: None,
        municipality: None,
        town: None,
        town_name: String::new(),
        town_text: String::new(),
        behind_town: String::new(),
        lot: Lot::default(),
        detail: String::new(),
        rest: String::new(),
        warnings: Vec::new(),
    }
}

struct Reader<'a> {
    text: &'a str,
    folded: Folded,
    /// Letters before are understood.
    at: usize,
    home: Option<MunicipalityId>,
    parsed: Parsed,
}

/// Municipalities that a name may stand for, and how many letters it took.
struct Candidates {
    ids: Vec<MunicipalityId>,
    length: usize,
    merged: Option<&'static crate::merged::Merged>,
}

impl Reader<'_> {
    fn letters(&self, at: usize) -> &[char] {
        &self.folded.letters[at.min(self.folded.letters.len())..]
    }

    fn starts(&self, at: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(place, letter)| self.folded.letters.get(at + place) == Some(&letter))
    }

    fn skip_spaces(&self, at: usize) -> usize {
        at + self.letters(at).iter().take_while(|letter| letter.is_whitespace()).count()
    }

    fn typed(&self, from: usize, to: usize) -> String {
        self.text[self.folded.byte(from)..self.folded.byte(to)].to_owned()
    }

    fn rest_from(&self, at: usize) -> String {
        let rest = self.text[self.folded.byte(at)..].trim();
        rest.trim_start_matches(['、', ',', '，']).trim_start().to_owned()
    }

    /// 〒375-0015 at the beginning; seven digits alone only when more follows.
    fn postal_code(&mut self) {
        let mut at = self.skip_spaces(0);
        if let Some(word) = ["〒", "郵便番号"].iter().find(|word| self.starts(at, word)) {
            at += word.chars().count();
            at += self.letters(at).iter().take_while(|&&letter| matches!(letter, ' ' | ':' | '：')).count();
        }
        let mut digits = String::new();
        let mut next = at;
        for &letter in self.letters(at).iter().take(8) {
            match letter {
                '0'..='9' => digits.push(letter),
                '-' if digits.len() == 3 && next == at + 3 => {}
                _ => break,
            }
            next += 1;
        }
        let digit_follows = self.letters(next).first().is_some_and(char::is_ascii_digit);
        let code = if digits.len() == 7 { digits.parse().ok() } else { None };
        match code {
            Some(code) if !digit_follows => {
                self.parsed.postal_code = Some(code);
                self.at = next;
            }
            _ => self.at = self.skip_spaces(0),
        }
        self.at = self.skip_spaces(self.at);
    }

    fn prefecture(&mut self) {
        if let Some((prefecture, length)) = Names::get().prefecture(self.letters(self.at)) {
            self.enter_prefecture(prefecture, length);
        }
    }

    fn enter_prefecture(&mut self, prefecture: &'static str, length: usize) {
        self.parsed.prefecture = Some(prefecture);
        self.parsed.level = Level::Prefecture;
        self.at = self.skip_spaces(self.at + length);
    }

    /// Where to look for the town: the municipality written, or home where nothing larger is.
    fn municipality(&mut self) {
        let named = self.named(self.parsed.prefecture).or_else(|| self.named_in_short_prefecture());
        let own = self.home.filter(|_| self.parsed.prefecture.is_none());
        let Some(named) = named else {
            return match own {
                Some(home) => self.town(home, None),
                None => self.without_municipality(),
            };
        };
        if let Some(home) = own.filter(|&home| self.own_town_reaches(home, named.length)) {
            return self.town(home, None);
        }
        let start = self.at;
        let next = self.skip_spaces(start + named.length);
        let Some(id) = self.one_of(&named, next) else {
            let typed = self.typed(start, start + named.length);
            return self.parsed.warnings.push(Warning::ManyMunicipalities { typed, count: named.ids.len() });
        };
        let old_name = named.merged.map(|old| {
            let now = municipality(id).map_or("", |now| now.name);
            let (county, short) = old.old.split_at(old.old.find('郡').map_or(0, |at| at + '郡'.len_utf8()));
            let with_county = named.length > short.chars().count();
            let typed = if with_county { old.old } else { short };
            self.parsed.warnings.push(Warning::Merged { old: typed, now, since: old.since });
            start + if with_county { county.chars().count() } else { 0 }
        });
        self.enter(id);
        self.at = next;
        self.town(id, old_name);
    }

    /// The municipalities of the name that stands here.
    fn named(&self, prefecture: Option<&str>) -> Option<Candidates> {
        // 「上北郡 横浜町」: spaces do not part a municipality.
        let letters = &self.letters(self.at)[..self.letters(self.at).len().min(LONGEST_CITY)];
        let near = self.home.and_then(municipality).map(|one| one.prefecture);
        let (named, mut length) = if letters.contains(&' ') {
            let places = letters.iter().enumerate().filter(|(_, letter)| !letter.is_whitespace());
            let (places, letters): (Vec<usize>, Vec<char>) = places.unzip();
            let (named, length) = Names::get().municipality(&letters, prefecture, near)?;
            (named, places[length - 1] + 1)
        } else {
            Names::get().municipality(letters, prefecture, near)?
        };
        let mut ids = Vec::with_capacity(named.len());
        let mut merged = None;
        for one in named {
            match one {
                Named::Now(now) | Named::Ward(now) => ids.push(now.id),
                Named::Before(old) => {
                    let into = |one: &&Municipality| {
                        one.prefecture == old.prefecture && old.into.contains(&one.name)
                    };
                    ids.extend(municipalities().iter().filter(into).map(|one| one.id));
                    merged = Some(old);
                }
            }
        }
        length = length.min(self.letters(self.at).len());
        Some(Candidates { ids, length, merged })
    }

    /// 「群馬藤岡市」
    fn named_in_short_prefecture(&mut self) -> Option<Candidates> {
        if self.parsed.prefecture.is_some() {
            return None;
        }
        let (prefecture, length) = Names::get().short_prefecture(self.letters(self.at))?;
        let start = self.at;
        self.at = self.skip_spaces(start + length);
        let named = self.named(Some(prefecture));
        if named.is_some() {
            self.enter_prefecture(prefecture, 0);
        } else {
            self.at = start;
        }
        named
    }

    /// Whether a town of home is at least as long a name: 藤岡市 has a town 藤岡.
    fn own_town_reaches(&self, home: MunicipalityId, length: usize) -> bool {
        let word = self.starts(self.at, "大字");
        let skipped = if word { 2 } else { 0 };
        let own = index(home).and_then(|towns| towns.longest(self.letters(self.at + skipped), word));
        own.is_some_and(|(_, own)| own + skipped >= length)
    }

    /// One of several municipalities of a name: home, else the only one, else the only one that has the town, else
    /// the only one of home's prefecture.
    fn one_of(&self, named: &Candidates, next: usize) -> Option<MunicipalityId> {
        if let &[only] = &named.ids[..] {
            return Some(only);
        }
        if let Some(home) = self.home.filter(|home| named.ids.contains(home)) {
            return Some(home);
        }
        if let Some(one) = self.only_one_with_town(&named.ids, next) {
            return Some(one);
        }
        let prefecture = self.home.and_then(municipality).map(|one| one.prefecture)?;
        let of = |id: MunicipalityId| municipality(id).is_some_and(|one| one.prefecture == prefecture);
        let mut nearby = named.ids.iter().copied().filter(|&id| of(id));
        nearby.next().filter(|_| nearby.next().is_none())
    }

    fn only_one_with_town(&self, ids: &[MunicipalityId], at: usize) -> Option<MunicipalityId> {
        let has = |id: &MunicipalityId| {
            let name = at + self.word_oaza(at);
            index(*id).is_some_and(|towns| self.settled(towns, name, *id).is_ok())
        };
        let mut with_town = ids.iter().copied().filter(has);
        with_town.next().filter(|_| with_town.next().is_none())
    }

    /// No municipality is written, or one nobody knows: the postal code may tell it, or a town that is the only one of
    /// its name.
    fn without_municipality(&mut self) {
        if let Some(id) = self.parsed.postal_code.and_then(nation::municipality_with) {
            let prefecture = municipality(id).map(|one| one.prefecture);
            let fits = self.parsed.prefecture.is_none() || self.parsed.prefecture == prefecture;
            if fits && self.only_one_with_town(&[id], self.at).is_some() {
                return self.found_by_town(id);
            }
        }
        let start = self.at + self.word_oaza(self.at);
        if self.letters(start).is_empty() {
            return;
        }
        let fewest = if self.parsed.prefecture.is_some() { 2 } else { 3 };
        let mut best: (usize, Vec<MunicipalityId>) = (fewest, Vec::new());
        let units = crate::names::Units::of(self.letters(start));
        names_of_all().beginnings(units.as_slice(), |length, &place| {
            let one = &municipalities()[usize::from(place)];
            if length < best.0 || self.parsed.prefecture.is_some_and(|within| within != one.prefecture) {
                return;
            }
            if length > best.0 {
                best = (length, Vec::new());
            }
            if best.1.last() != Some(&one.id) {
                best.1.push(one.id);
            }
        });
        if best.1.len() <= MOST_CANDIDATES
            && let Some(id) = self.only_one_with_town(&best.1, self.at)
        {
            self.found_by_town(id);
        }
    }

    fn found_by_town(&mut self, id: MunicipalityId) {
        let municipality = municipality(id).map(Municipality::whole).unwrap_or_default();
        self.parsed.warnings.push(Warning::MunicipalityFound { municipality });
        self.enter(id);
        self.town(id, None);
    }

    fn enter(&mut self, id: MunicipalityId) {
        self.parsed.prefecture = municipality(id).map(|one| one.prefecture);
        self.parsed.municipality = Some(id);
        self.parsed.level = Level::Municipality;
    }

    /// How long the word 大字 or 字 before a town is.
    fn word_oaza(&self, at: usize) -> usize {
        ["大字", "字"].into_iter().find(|word| self.starts(at, word)).map_or(0, |word| word.chars().count())
    }

    /// The town in `within`. Behind the name of a merged municipality (it begins at `old_name`) the town may carry that
    /// name: 碓氷郡松井田町横川 is 安中市松井田町横川.
    fn town(&mut self, within: MunicipalityId, old_name: Option<usize>) {
        if self.letters(self.at).is_empty() {
            return;
        }
        let Some(towns) = index(within) else { return };
        if let Some(old_name) = old_name
            && let Ok(found) = self.settled(towns, old_name, within)
            && found.0.next > self.at
        {
            return self.take(towns, found, old_name, within);
        }
        let name = self.at + self.word_oaza(self.at);
        match self.settled(towns, name, within) {
            Ok(found) => self.take(towns, found, name, within),
            Err(warning) => self.parsed.warnings.push(warning),
        }
    }

    fn take(
        &mut self,
        towns: &'static TownIndex,
        (taken, behind): (Taken, Behind),
        name: usize,
        within: MunicipalityId,
    ) {
        let Taken { place, name: town_name, text, end, next, doubt } = taken;
        if let Some(doubt) = doubt {
            self.parsed.warnings.push(doubt);
        } else if place.kind == TownKind::Oaza {
            let near = towns.namesakes(self.letters(name).get(..end - name).unwrap_or_default(), place);
            if !near.is_empty() {
                self.parsed.warnings.push(Warning::SameName { taken: place.name(), near });
            }
        }
        self.enter(within);
        self.parsed.level = Level::Town;
        self.parsed.town = Some(place);
        self.parsed.town_name = town_name;
        self.parsed.town_text = text;
        self.parsed.behind_town = self.rest_from(end);
        self.at = next;
        match behind {
            Behind::Lot(found) => self.take_lot(place, &found),
            Behind::Words => self.parsed.warnings.push(Warning::LotMissing { rest: self.rest_from(next) }),
            Behind::Nothing | Behind::Letters => {}
        }
    }

    fn take_lot(&mut self, town: &'static Place, found: &Reading) {
        self.parsed.lot = found.lot(town.numbering);
        self.parsed.level = Level::Block;
        if town.numbering == Numbering::Lots && found.is_residence_form() {
            let printed = self.parsed.lot.text().to_owned();
            self.parsed.warnings.push(Warning::NotByResidence { printed });
        }
        self.at += found.length;
        self.parsed.detail = lot::detail_of(&self.text[self.folded.byte(self.at)..]).to_owned();
    }

    /// A postal code that belongs to another town; single offices have their own besides.
    fn compare_postal_code(&mut self) {
        let (Some(typed), Some(town)) = (self.parsed.postal_code, self.parsed.town) else { return };
        if let Some(known) = town.postal_code
            && known != typed
            && let Some(id) = self.parsed.municipality
            && !nation::has(typed, id, bare_koaza(bare_oaza(town.oaza)))
        {
            self.parsed.warnings.push(Warning::PostalCodeDiffers { typed, known });
        }
    }
}

/// No municipality's name or reading has more letters.
const LONGEST_CITY: usize = 32;

/// A name that more municipalities have says nothing.
const MOST_CANDIDATES: usize = 16;

/// The names of all towns of Japan with the place of their municipality; made when an address without a municipality
/// first comes.
fn names_of_all() -> &'static NameTable<u16> {
    static ALL: std::sync::OnceLock<NameTable<u16>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::with_capacity(130_000);
        for (place, one) in municipalities().iter().enumerate() {
            let place = u16::try_from(place).expect("fewer than 65,536");
            let names = names_of(one).into_iter();
            all.extend(names.map(|name| (crate::town_index::compared(name), place)));
        }
        NameTable::new(all)
    })
}

#[cfg(test)]
mod tests;
