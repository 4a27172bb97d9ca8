//! Reading a whole address somebody wrote: 「〒375-0015 群馬県藤岡市大字中栗須３２７番地の３ コーポ藤101」.
use base::MunicipalityId;

use crate::fold::Folded;
use crate::lot::{self, Reading};
use crate::municipality::{Municipality, Named, Names, municipality};
use crate::nation;
use crate::town_index::{Found, TownIndex, bare_oaza, index, longest_koaza};
use crate::{Address, Lot, Numbering, PostalCode, Town, TownKind, Warning};

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
    pub town: Option<&'static Town>,
    /// The town as it is printed, with a 小字 that the registry does not have.
    pub town_text: String,
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
            town: self.town.map(|town| town.machiaza_id),
            town_text,
            lot: self.lot.clone(),
            detail,
        })
    }

    /// The towns to offer instead.
    pub fn near(&self) -> impl Iterator<Item = &'static Town> {
        self.warnings.iter().flat_map(|warning| warning.near().iter().copied())
    }
}

/// Reads an address as written in `home`: prefecture and municipality may be missing then. Any text is
/// taken, and in one pass.
pub fn parse(home: MunicipalityId, text: &str) -> Parsed {
    let mut reader = Reader { text, folded: Folded::of(text), at: 0, parsed: nothing() };
    reader.postal_code();
    reader.prefecture();
    let within = reader.municipality(home);
    if let Some(id) = within {
        reader.town(id);
    }
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
        town_text: String::new(),
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
    parsed: Parsed,
}

/// A town that was found, and the letters behind it.
struct Taken {
    town: &'static Town,
    text: String,
    next: usize,
}

/// What follows a town.
enum Behind {
    Nothing,
    Lot(Reading),
    /// Other words, but apart.
    Words,
    /// Letters that hang on: then it was another town.
    Letters,
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

    fn rest_from(&self, at: usize) -> String {
        let rest = self.text[self.folded.byte(at)..].trim();
        rest.trim_start_matches(['、', ',', '，']).trim_start().to_owned()
    }

    /// 〒375-0015 at the beginning; seven digits alone only when more follows.
    fn postal_code(&mut self) {
        let mut at = self.skip_spaces(0);
        if self.starts(at, "〒") {
            at = self.skip_spaces(at + 1);
        }
        let mut digits = String::with_capacity(7);
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
        match digits.parse() {
            Ok(code) if !digit_follows => {
                self.parsed.postal_code = Some(code);
                self.at = next;
            }
            _ => self.at = self.skip_spaces(0),
        }
        self.at = self.skip_spaces(self.at);
    }

    fn prefecture(&mut self) {
        if let Some((prefecture, length)) = Names::get().prefecture(self.letters(self.at)) {
            self.parsed.prefecture = Some(prefecture);
            self.parsed.level = Level::Prefecture;
            self.at = self.skip_spaces(self.at + length);
        }
    }

    /// Where to look for the town: the municipality written, or home where nothing larger is.
    fn municipality(&mut self, home: MunicipalityId) -> Option<MunicipalityId> {
        // 「上北郡 横浜町」: spaces do not part a municipality.
        let places = self.letters(self.at).iter().enumerate().filter(|(_, letter)| !letter.is_whitespace());
        let (places, letters): (Vec<usize>, Vec<char>) = places.take(LONGEST_CITY).unzip();
        let found = Names::get().municipality(&letters, self.parsed.prefecture);
        let Some((named, length)) = found else {
            return self.parsed.prefecture.is_none().then_some(home);
        };
        let length = places[length - 1] + 1;
        let word = self.starts(self.at, "大字");
        let skipped = if word { 2 } else { 0 };
        let own_town = index(home).and_then(|towns| towns.longest(self.letters(self.at + skipped), word));
        let own_length = own_town.map_or(0, |(_, length)| length + skipped);
        if self.parsed.prefecture.is_none() && own_length >= length {
            return Some(home);
        }
        let Some(one) = choose(&named, home) else {
            let typed = self.text[self.folded.byte(self.at)..self.folded.byte(self.at + length)].to_owned();
            self.parsed.warnings.push(Warning::ManyMunicipalities { typed, count: named.len() });
            return None;
        };
        let now = match one {
            Named::Now(now) => now,
            Named::Before(old) => {
                let now = municipality(old.into)?;
                let (old, since) = (old.old, old.since);
                self.parsed.warnings.push(Warning::Merged { old, now: now.name, since });
                now
            }
        };
        self.parsed.prefecture = Some(now.prefecture);
        self.parsed.municipality = Some(now.id);
        self.parsed.level = Level::Municipality;
        self.at = self.skip_spaces(self.at + length);
        Some(now.id)
    }

    fn town(&mut self, within: MunicipalityId) {
        if self.letters(self.at).is_empty() {
            return;
        }
        let Some(towns) = index(within) else {
            if let Some(one) = municipality(within) {
                self.parsed.warnings.push(Warning::TownsNotCarried { municipality: one.name });
            }
            return;
        };
        let start = self.at;
        let skipped = ["大字", "字"].into_iter().find(|word| self.starts(start, word));
        let name = start + skipped.map_or(0, |word| word.chars().count());
        match self.find_town(towns, name) {
            Ok(taken) => self.take(towns, taken, name, within),
            Err(warning) => self.parsed.warnings.push(warning),
        }
    }

    fn find_town(&self, towns: &TownIndex, name: usize) -> Result<Taken, Warning> {
        let Some((found, length)) = self.longest(towns, name) else {
            let chome = self.chome_at(name).and_then(|(number, next)| Some((towns.chome(number)?, next)));
            let (town, next) = chome.ok_or_else(|| self.unknown(towns, name))?;
            return Ok(Taken { town, text: town.name(), next });
        };
        let next = name + length;
        let unclear = match self.within(towns, &found, name, next) {
            Ok(taken) => return Ok(taken),
            Err(unclear) => unclear,
        };
        // Some names are registered only as the head of their 小字 and once more as a town: 安中１丁目 is
        // also 安中 + １丁目, 赤岩 also 大字赤岩. Taken is only what reaches as far.
        let is_head =
            matches!(found, Found::Oaza(within) if within.iter().all(|town| !town.koaza.is_empty()));
        if !is_head {
            return Err(unclear);
        }
        let others = towns.names(self.letters(name), self.said_oaza(name)).skip(1);
        let mut others =
            others.filter_map(|(found, length)| self.within(towns, &found, name, name + length).ok());
        others.find(|taken| taken.next == next).ok_or(unclear)
    }

    fn longest<'t>(&'t self, towns: &'t TownIndex, name: usize) -> Option<(Found<'t>, usize)> {
        towns.longest(self.letters(name), self.said_oaza(name))
    }

    fn said_oaza(&self, name: usize) -> bool {
        name >= self.at + 2 && self.starts(name - 2, "大字")
    }

    fn within(
        &self,
        towns: &TownIndex,
        found: &Found<'_>,
        name: usize,
        next: usize,
    ) -> Result<Taken, Warning> {
        match *found {
            Found::Alone(&[town]) => Ok(Taken { town, text: town.name(), next }),
            Found::Alone(several) => {
                Err(Warning::UnknownTown { typed: self.typed(name, next), near: several.to_vec() })
            }
            Found::Oaza(within) => self.within_oaza(towns, within, name, next),
        }
    }

    /// 丁目 or 小字 behind a 大字, else the 大字 itself.
    fn within_oaza(
        &self,
        towns: &TownIndex,
        within: &[&'static Town],
        name: usize,
        next: usize,
    ) -> Result<Taken, Warning> {
        let of_chome = |number| within.iter().copied().find(|town| town.chome_number() == Some(number));
        let whole = |town: &'static Town, next| Ok(Taken { town, text: town.name(), next });
        let base = within.iter().copied().find(|town| town.kind == TownKind::Oaza);
        if let Some((number, behind)) = self.chome_at(next) {
            return of_chome(number)
                .map_or_else(|| Err(self.unknown(towns, name)), |town| whole(town, behind));
        }
        if within.iter().any(|town| town.kind == TownKind::Chome) {
            let namesakes = towns.namesakes(&self.folded.letters[name..next], within[0]);
            match (self.chome_without_word(next, of_chome), base) {
                (Some((town, behind)), None) if namesakes.is_empty() => return whole(town, behind),
                (None, Some(_)) => {}
                _ => return Err(chome_unclear(within, &namesakes)),
            }
        }
        let marker = ["大字", "小字", "字"].into_iter().find(|word| self.starts(next, word));
        let koaza = next + marker.map_or(0, |word| word.chars().count());
        if let Some((town, length)) = longest_koaza(within, self.letters(koaza))
            && !matches!(self.behind(koaza + length), Behind::Letters)
        {
            return whole(town, koaza + length);
        }
        let Some(town) = base else { return Err(self.unknown(towns, name)) };
        match marker.map(|_| self.koaza_end(koaza)) {
            Some(end) if end > koaza => {
                let text = format!("{}字{}", town.name(), self.typed(koaza, end));
                Ok(Taken { town, text, next: end })
            }
            _ => whole(town, next),
        }
    }

    /// 「2丁目」, 「二丁目」, 「二丁」
    fn chome_at(&self, at: usize) -> Option<(u32, usize)> {
        let at = self.skip_spaces(at);
        let (number, length) = lot::number(self.letters(at))?;
        let next = at + length;
        if self.starts(next, "丁目") {
            return Some((number, next + 2));
        }
        // 「二丁」, but not the beginning of 「二丁免」.
        let alone = self.starts(next, "丁") && !matches!(self.behind(next + 1), Behind::Letters);
        alone.then_some((number, next + 1))
    }

    /// 「2-12-1」: the first number is the 丁目 where there is one of it and numbers follow.
    fn chome_without_word(
        &self,
        at: usize,
        of_chome: impl Fn(u32) -> Option<&'static Town>,
    ) -> Option<(&'static Town, usize)> {
        let at = self.skip_spaces(at);
        let (number, length) = lot::number(self.letters(at))?;
        let next = at + length;
        let parted = matches!(self.letters(next).first(), Some('-' | 'ノ'));
        let lot_follows = lot::read(self.letters(next + 1)).is_some();
        (parted && lot_follows).then(|| of_chome(number))?.map(|town| (town, next + 1))
    }

    /// Where a 小字 that nobody knows ends: before the lot, a space or a digit.
    fn koaza_end(&self, at: usize) -> usize {
        let ends = |&place: &usize| !matches!(self.behind(place), Behind::Letters);
        (at..at + LONGEST_NAME).find(ends).unwrap_or(at)
    }

    fn behind(&self, at: usize) -> Behind {
        let next = self.skip_spaces(at);
        if self.letters(next).is_empty() {
            return Behind::Nothing;
        }
        match lot::read(self.letters(at)) {
            Some(found) => Behind::Lot(found),
            None if next > at => Behind::Words,
            None => Behind::Letters,
        }
    }

    fn take(&mut self, towns: &TownIndex, taken: Taken, name: usize, within: MunicipalityId) {
        let Taken { town, text, next } = taken;
        let behind = self.behind(next);
        let unclear = match behind {
            Behind::Letters => Some(self.unknown(towns, name)),
            Behind::Words => self.written_apart(towns, town, name, next),
            Behind::Nothing | Behind::Lot(_) => None,
        };
        if let Some(unclear) = unclear {
            self.parsed.warnings.push(unclear);
            return;
        }
        if let Some((_, koaza)) = text.split_once('字').filter(|_| text != town.name()) {
            self.parsed.warnings.push(Warning::UnknownKoaza { typed: koaza.to_owned() });
        }
        let near = towns.namesakes(self.letters(name).get(..next - name).unwrap_or_default(), town);
        if town.kind == TownKind::Oaza && !near.is_empty() {
            self.parsed.warnings.push(Warning::SameName { taken: town.name(), near });
        }
        self.parsed.level = Level::Town;
        self.parsed.prefecture = municipality(within).map(|one: &Municipality| one.prefecture);
        self.parsed.municipality = Some(within);
        self.parsed.town = Some(town);
        self.parsed.town_text = text;
        self.at = next;
        match behind {
            Behind::Lot(found) => self.take_lot(town, &found),
            Behind::Words => self.parsed.warnings.push(Warning::LotMissing { rest: self.rest_from(next) }),
            Behind::Nothing | Behind::Letters => {}
        }
    }

    fn take_lot(&mut self, town: &'static Town, found: &Reading) {
        self.parsed.lot = found.lot(town.numbering);
        self.parsed.level = Level::Block;
        if town.numbering == Numbering::Lots && found.is_residence_form() {
            let printed = self.parsed.lot.text().to_owned();
            self.parsed.warnings.push(Warning::NotByResidence { printed });
        }
        self.at += found.length;
        self.parsed.detail = lot::detail_of(&self.text[self.folded.byte(self.at)..]).to_owned();
    }

    /// 「森 新田」 may be 森新田: a space is no proof that the town ended.
    fn written_apart(
        &self,
        towns: &TownIndex,
        town: &'static Town,
        name: usize,
        next: usize,
    ) -> Option<Warning> {
        let head = self.folded.letters[name..next].iter();
        let tail = self.letters(next).iter().filter(|letter| !letter.is_whitespace()).take(LONGEST_NAME);
        let joined: Vec<char> = head.chain(tail).copied().collect();
        let (Found::Oaza(longer) | Found::Alone(longer), length) = towns.longest(&joined, false)?;
        let near = vec![town, longer[0]];
        let typed = joined.iter().take(length).collect();
        (length > next - name).then_some(Warning::UnknownTown { typed, near })
    }

    fn typed(&self, from: usize, to: usize) -> String {
        self.text[self.folded.byte(from)..self.folded.byte(to)].to_owned()
    }

    /// The letters that should have been a town, with those that may be meant.
    fn unknown(&self, towns: &TownIndex, name: usize) -> Warning {
        let letters = self.letters(name).iter().take(LONGEST_NAME);
        let in_name = |letter: &&char| !letter.is_ascii_digit() && !letter.is_whitespace() && **letter != '-';
        let mut length = letters.take_while(in_name).count();
        while length > 1 && kanji_lot(self.letters(name + length - 1)) {
            length -= 1;
        }
        if length == 0 {
            let word =
                self.letters(name).iter().take(LONGEST_NAME).take_while(|letter| !letter.is_whitespace());
            return Warning::UnknownTown { typed: self.typed(name, name + word.count()), near: Vec::new() };
        }
        let mut near = towns.near(&self.letters(name)[..length]);
        if near.is_empty()
            && let Some((Found::Oaza(within) | Found::Alone(within), _)) = self.longest(towns, name)
        {
            near.push(within[0]);
        }
        Warning::UnknownTown { typed: self.typed(name, name + length), near }
    }

    /// A postal code that belongs to another town; single offices have their own besides.
    fn compare_postal_code(&mut self) {
        let (Some(typed), Some(town)) = (self.parsed.postal_code, self.parsed.town) else { return };
        if let Some(known) = town.postal_code
            && known != typed
            && !nation::has(typed, town.lg_code, bare_oaza(town.oaza))
        {
            self.parsed.warnings.push(Warning::PostalCodeDiffers { typed, known });
        }
    }
}

/// No municipality's name or reading has more letters.
const LONGEST_CITY: usize = 24;

/// No town's name has more letters.
const LONGEST_NAME: usize = 16;

/// Whether 番地 written in kanji begins here.
fn kanji_lot(letters: &[char]) -> bool {
    letters.first().is_some_and(|letter| "番号地〇一二三四五六七八九十百千壱弐参拾".contains(*letter))
}

fn chome_unclear(within: &[&'static Town], namesakes: &[&'static Town]) -> Warning {
    let near = within.iter().chain(namesakes).copied();
    let near = near.filter(|town| !town.oaza.is_empty() && town.koaza.is_empty()).collect();
    Warning::ChomeUnclear { oaza: within[0].oaza.to_owned(), near }
}

/// One of several municipalities of a name: home, else the only one, else the only one of home's prefecture.
fn choose(named: &[Named], home: MunicipalityId) -> Option<Named> {
    let prefecture = municipality(home).map(|one| one.prefecture);
    let is_home = |one: &&Named| matches!(one, Named::Now(now) if now.id == home);
    if let Some(own) = named.iter().find(is_home) {
        return Some(*own);
    }
    let mut nearby = named.iter().filter(|one| Some(one.prefecture()) == prefecture);
    match (named, nearby.next(), nearby.next()) {
        (&[only], _, _) | (_, Some(&only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
