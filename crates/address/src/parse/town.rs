//! Finding the town in its municipality. **A wrong town is worse than none**: a town is taken when what stands behind it
//! is nothing, a lot, or other words apart from it; letters that hang on mean that it was another town.
use super::Reader;
use crate::lot::{self, Reading};
use crate::municipality::municipality;
use crate::names::kanji_number;
use crate::town_index::{Found, TownIndex, bare_koaza, bare_oaza, longest_koaza};
use crate::{Place, TownKind, Warning};

use base::MunicipalityId;

/// A town that was found, and the letters behind it.
pub(super) struct Taken {
    pub(super) place: &'static Place,
    /// As the registry writes it.
    pub(super) name: String,
    /// The same with a 小字 or 丁目 that the registry does not have.
    pub(super) text: String,
    /// Where the letters of `name` end.
    pub(super) end: usize,
    /// Where those of `text` do.
    pub(super) next: usize,
    pub(super) doubt: Option<Warning>,
}

impl Taken {
    fn whole(place: &'static Place, next: usize) -> Self {
        let name = place.name();
        Self { place, text: name.clone(), name, end: next, next, doubt: None }
    }
}

/// What follows a town.
pub(super) enum Behind {
    Nothing,
    Lot(Reading),
    /// Other words, but apart.
    Words,
    /// Letters that hang on: then it was another town.
    Letters,
}

/// No town's name has more letters.
const LONGEST_NAME: usize = 16;

/// So many 丁目 may have come since the table was made.
const NEWER_CHOME: u32 = 5;

/// Few towns have more.
const MOST_CHOME: u32 = 12;

type Settled = Result<(Taken, Behind), Warning>;

impl Reader<'_> {
    /// The town at `name`, as it is written; else as people write it.
    pub(super) fn settled(&self, towns: &'static TownIndex, name: usize, within: MunicipalityId) -> Settled {
        let (mut taken, behind) = self.settled_bare(towns, name, within)?;
        // The post office leaves out the word 大字; who writes it has it from a paper of the city.
        let Taken { place, name: town, text, .. } = &mut taken;
        let said = name >= 2 && self.starts(name - 2, "大字");
        let whole = place.town.is_none() && place.chome.is_empty() && !town.ends_with("丁目");
        if said && whole && !town.starts_with("大字") && !place.oaza.ends_with('町') {
            town.insert_str(0, "大字");
            text.insert_str(0, "大字");
        }
        Ok((taken, behind))
    }

    fn settled_bare(&self, towns: &'static TownIndex, name: usize, within: MunicipalityId) -> Settled {
        let strict = match self.find_town(towns, name) {
            Ok(taken) => self.with_behind(towns, taken, name),
            Err(unknown) => Err(unknown),
        };
        let unclear = match strict {
            Ok(found) => return Ok(found),
            Err(unclear) => unclear,
        };
        let kyoto = is_kyoto(within).then(|| self.in_kyoto(towns, name)).flatten();
        let found = kyoto
            .or_else(|| self.within_unknown_koaza(towns, name, within))
            .or_else(|| self.behind_chome(towns, name))
            .or_else(|| self.written_otherwise(towns, name));
        found.ok_or(unclear)
    }

    fn with_behind(&self, towns: &'static TownIndex, taken: Taken, name: usize) -> Settled {
        let behind = self.behind(taken.next);
        let unclear = match behind {
            Behind::Letters => Some(self.unknown(towns, name)),
            Behind::Words => self.written_apart(towns, &taken, name),
            Behind::Nothing | Behind::Lot(_) => None,
        };
        unclear.map_or(Ok((taken, behind)), Err)
    }

    fn find_town(&self, towns: &'static TownIndex, name: usize) -> Result<Taken, Warning> {
        let Some((found, length)) = towns.longest(self.letters(name), self.said_oaza(name)) else {
            let chome = self.chome_at(name).and_then(|(number, next)| Some((towns.chome(number)?, next)));
            let (town, next) = chome.ok_or_else(|| self.unknown(towns, name))?;
            return Ok(Taken::whole(town, next));
        };
        let next = name + length;
        let unclear = match self.within(towns, found, name, next) {
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
        let others = towns.names(self.letters(name), self.said_oaza(name)).into_iter().skip(1);
        let mut others =
            others.filter_map(|(found, length)| self.within(towns, found, name, name + length).ok());
        others.find(|taken| taken.next == next).ok_or(unclear)
    }

    fn said_oaza(&self, name: usize) -> bool {
        let said =
            |word: &str| name.checked_sub(word.chars().count()).is_some_and(|at| self.starts(at, word));
        said("大字") || said("字")
    }

    fn within(
        &self,
        towns: &'static TownIndex,
        found: Found,
        name: usize,
        next: usize,
    ) -> Result<Taken, Warning> {
        match found {
            Found::Alone(&[town]) => Ok(Taken::whole(town, next)),
            Found::Alone(several) => {
                self.exact(several, name, next).map(|town| Taken::whole(town, next)).ok_or_else(|| {
                    Warning::UnknownTown { typed: self.typed(name, next), near: several.to_vec() }
                })
            }
            Found::Oaza(within) => self.within_oaza(towns, within, name, next),
        }
    }

    /// The one of several towns of a name that is written letter for letter so.
    fn exact(&self, several: &[&'static Place], name: usize, next: usize) -> Option<&'static Place> {
        let typed = self.typed(name, next);
        let mut same = several.iter().copied().filter(|town| town.name() == typed);
        same.next().filter(|_| same.next().is_none())
    }

    /// 丁目 or 小字 behind a 大字, else the 大字 itself.
    fn within_oaza(
        &self,
        towns: &'static TownIndex,
        within: &'static [&'static Place],
        name: usize,
        next: usize,
    ) -> Result<Taken, Warning> {
        let of_chome = |number| within.iter().copied().find(|town| town.chome_number == Some(number));
        let mut bases = within.iter().copied().filter(|town| town.kind == TownKind::Oaza);
        let mut base = bases.next();
        if bases.next().is_some() {
            base = Some(self.exact(within, name, next).ok_or_else(|| self.unknown(towns, name))?);
        }
        if let Some((number, behind)) = self.chome_at(next) {
            let known = of_chome(number).map(|town| Taken::whole(town, behind));
            return known
                .or_else(|| self.new_chome(within, base, number, (next, behind)))
                .ok_or_else(|| self.unknown(towns, name));
        }
        if within.iter().any(|town| town.kind == TownKind::Chome) {
            let namesakes = towns.namesakes(&self.folded.letters[name..next], within[0]);
            match (self.chome_without_word(next, of_chome), base) {
                (Some((town, behind, _)), None) if namesakes.is_empty() => {
                    return Ok(Taken::whole(town, behind));
                }
                // 2-12-1 in a town with 丁目 and without: three numbers are 丁目, 番 and 号.
                (Some((town, behind, 2..)), _) => return Ok(Taken::whole(town, behind)),
                (None, Some(_)) => {}
                (None, None) if within[0].town.is_none() && self.lot_follows(next) => {
                    // 流山12 with 流山一丁目 and 大字流山: the 大字.
                    let oaza = namesakes.iter().find(|town| town.kind == TownKind::Oaza);
                    return Ok(without_chome(oaza.unwrap_or(&within[0]), next));
                }
                _ => return Err(chome_unclear(within, &namesakes)),
            }
        } else if let Some(taken) = base.and_then(|base| self.new_chome_without_word(base, next)) {
            return Ok(taken);
        }
        let marker = ["大字", "小字", "字"].into_iter().find(|word| self.starts(next, word));
        let koaza = next + marker.map_or(0, |word| word.chars().count());
        if let Some((town, length)) = longest_koaza(within, self.letters(koaza))
            && !matches!(self.behind(koaza + length), Behind::Letters)
        {
            return Ok(Taken::whole(town, koaza + length));
        }
        let Some(town) = base else { return Err(self.unknown(towns, name)) };
        if let Some(end) = self.chiwari_end(next) {
            return Ok(self.with_koaza(town, next, next, end));
        }
        match marker.map(|_| self.koaza_end(koaza)) {
            Some(end) if end > koaza => Ok(self.with_koaza(town, next, koaza, end)),
            _ => Ok(Taken::whole(town, next)),
        }
    }

    /// A 小字 that the registry does not have; the text is kept.
    fn with_koaza(&self, town: &'static Place, next: usize, koaza: usize, end: usize) -> Taken {
        let name = town.name();
        let typed = self.typed(koaza, end);
        let word = if koaza > next { "字" } else { "" };
        let text = format!("{name}{word}{typed}");
        Taken { place: town, name, text, end: next, next: end, doubt: Some(Warning::UnknownKoaza { typed }) }
    }

    /// A 丁目 that the national table does not have: a newer one, or one where nobody says it (紀尾井町1丁目).
    fn new_chome(
        &self,
        within: &'static [&'static Place],
        base: Option<&'static Place>,
        number: u32,
        (next, behind): (usize, usize),
    ) -> Option<Taken> {
        let typed = self.typed(next, behind);
        let doubt = Some(Warning::UnknownChome { typed: typed.clone() });
        let place = within[0];
        let last = within.iter().filter_map(|town| town.chome_number).max();
        if place.town.is_none() && (place.has_chome || last.is_some()) {
            let plausible = last.is_none_or(|last| number <= last + NEWER_CHOME);
            let word = if self.folded.letters[..behind].ends_with(&['丁']) { "丁" } else { "丁目" };
            // No 大字 stands before a town with 丁目.
            let name = format!("{}{}{word}", bare_koaza(bare_oaza(place.oaza)), kanji_number(number));
            let text = name.clone();
            return plausible.then_some(Taken { place, name, text, end: behind, next: behind, doubt });
        }
        let place = base.filter(|_| last.is_none())?;
        let name = place.name();
        let text = format!("{name}{typed}");
        Some(Taken { place, name, text, end: next, next: behind, doubt })
    }

    /// 「2丁目」, 「二丁目」, 「二丁」
    fn chome_at(&self, at: usize) -> Option<(u32, usize)> {
        let at = self.skip_spaces(at);
        let (number, length) = lot::number(self.letters(at))?;
        let next = at + length;
        if self.starts(next, "丁目") {
            let again = if self.starts(next + 2, "-") || self.starts(next + 2, "ノ") { 1 } else { 0 };
            return Some((number, next + 2 + again));
        }
        // 「二丁」, but not the beginning of 「二丁免」.
        let alone = self.starts(next, "丁") && !matches!(self.behind(next + 1), Behind::Letters);
        alone.then_some((number, next + 1))
    }

    /// 「2-12-1」: the first number is the 丁目 where there is one of it and numbers follow; how many follow. 「北3条西6」
    /// needs none.
    fn chome_without_word(
        &self,
        at: usize,
        of_chome: impl Fn(u32) -> Option<&'static Place>,
    ) -> Option<(&'static Place, usize, usize)> {
        let at = self.skip_spaces(at);
        let (number, length) = lot::number(self.letters(at))?;
        let next = at + length;
        let town = of_chome(number)?;
        if matches!(self.letters(next).first(), Some('-' | 'ノ')) {
            let follows = lot::read(self.letters(next + 1))?.numbers();
            return Some((town, next + 1, follows));
        }
        let in_grid =
            town.oaza.contains('条') && matches!(self.behind(next), Behind::Nothing | Behind::Words);
        in_grid.then_some((town, next, 0))
    }

    fn lot_follows(&self, at: usize) -> bool {
        matches!(self.behind(at), Behind::Lot(_))
    }

    /// 「1-12-3」 where the post office has 丁目 and the table none yet.
    fn new_chome_without_word(&self, base: &'static Place, next: usize) -> Option<Taken> {
        if base.town.is_some() || !base.has_chome {
            return None;
        }
        let (number, length) = lot::number(self.letters(next)).filter(|&(number, _)| number <= MOST_CHOME)?;
        let behind = next + length;
        if !matches!(self.letters(behind).first(), Some('-' | 'ノ'))
            || lot::read(self.letters(behind + 1))?.numbers() < 2
        {
            return None;
        }
        let name = format!("{}{}丁目", bare_koaza(bare_oaza(base.oaza)), kanji_number(number));
        let doubt = Some(Warning::UnknownChome { typed: self.typed(next, behind) });
        Some(Taken { place: base, text: name.clone(), name, end: behind + 1, next: behind + 1, doubt })
    }

    /// 「第35地割」 of 岩手県: where it ends.
    fn chiwari_end(&self, at: usize) -> Option<usize> {
        let number = at + usize::from(self.starts(at, "第"));
        let (_, length) = lot::number(self.letters(number))?;
        self.starts(number + length, "地割").then_some(number + length + 2)
    }

    /// Where a 小字 that nobody knows ends: before the lot, a space or a digit.
    fn koaza_end(&self, at: usize) -> usize {
        let ends = |&place: &usize| !matches!(self.behind(place), Behind::Letters);
        (at..at + LONGEST_NAME).find(ends).unwrap_or(at)
    }

    pub(super) fn behind(&self, at: usize) -> Behind {
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

    /// Where 番地 is given out within each 小字 and the table has no 小字, letters before the lot are one (下郷町大内山本8);
    /// in 北海道 so is a direction (東神楽町14号北1番地). Not where another town's name is near.
    fn within_unknown_koaza(
        &self,
        towns: &'static TownIndex,
        name: usize,
        within: MunicipalityId,
    ) -> Option<(Taken, Behind)> {
        let (Found::Oaza(places), length) = towns.longest(self.letters(name), self.said_oaza(name))? else {
            return None;
        };
        let town = places.iter().copied().find(|town| town.kind == TownKind::Oaza)?;
        let next = name + length;
        let end = self.koaza_end(next);
        let in_grid = municipality(within).is_some_and(|one| one.prefecture == "北海道")
            && end == next + 1
            && "東西南北".contains(self.folded.letters[next]);
        let named = town.within_koaza && end > next + 1 && self.letters(end).first()? != &' ';
        let another =
            || towns.near(&self.folded.letters[name..end]).iter().any(|near| near.oaza != town.oaza);
        if !in_grid && (!named || another()) {
            return None;
        }
        let Behind::Lot(lot) = self.behind(end) else { return None };
        let mut taken = self.with_koaza(town, next, next, end);
        // Where the registry does without 大字, 小字 are part of the name of the town: 長岡京市神足麦生.
        if named && town.oaza == bare_oaza(town.oaza) {
            taken.name.clone_from(&taken.text);
            taken.end = end;
        }
        Some((taken, Behind::Lot(lot)))
    }

    /// Behind a 丁目 that is there, letters do not make it another town: 加島３丁目中５－１９. They stay unread.
    fn behind_chome(&self, towns: &'static TownIndex, name: usize) -> Option<(Taken, Behind)> {
        let taken = self.find_town(towns, name).ok()?;
        let said = self.folded.letters[..taken.end].ends_with(&['丁', '目']) && taken.doubt.is_none();
        (said && taken.place.kind == TownKind::Chome).then_some((taken, Behind::Words))
    }

    /// 虎門 for 虎ノ門, 西小松川 for 西小松川町: taken only when it is the one such town and a lot or nothing follows.
    fn written_otherwise(&self, towns: &'static TownIndex, name: usize) -> Option<(Taken, Behind)> {
        let letters = self.letters(name);
        let loosely = towns.longest_loosely(letters, self.said_oaza(name));
        let (found, length) = loosely.or_else(|| towns.with_missing_letter(letters))?;
        let mut taken = self.within(towns, found, name, name + length).ok()?;
        let behind = self.behind(taken.next);
        if matches!(behind, Behind::Letters | Behind::Words) {
            return None;
        }
        let typed = self.typed(name, taken.end);
        taken.doubt.get_or_insert(Warning::WrittenOtherwise { typed, taken: taken.name.clone() });
        Some((taken, behind))
    }

    /// 京都: the way to a house by its streets stands before the town (烏丸通御池上る二条殿町) or behind it.
    fn in_kyoto(&self, towns: &'static TownIndex, name: usize) -> Option<(Taken, Behind)> {
        let ends = self.street_ends(name);
        for &start in ends.iter().rev() {
            let start = self.skip_spaces(start);
            let Some(taken) = self.find_town(towns, start).ok() else { continue };
            if let Ok(found) = self.with_behind(towns, taken, start) {
                return Some(found);
            }
        }
        let (found, length) = towns.longest(self.letters(name), false)?;
        let mut taken = self.within(towns, found, name, name + length).ok()?;
        let last = ends.last().copied().filter(|&last| last > taken.next)?;
        let behind = self.behind(last);
        if matches!(behind, Behind::Letters) {
            return None;
        }
        let street = self.typed(taken.next, last);
        taken.text.push_str(&street);
        taken.next = last;
        Some((taken, behind))
    }

    /// Behind each 上る, 下る, 東入, 西入 and 通.
    fn street_ends(&self, name: usize) -> Vec<usize> {
        let words = ["上ル", "下ル", "東入ル", "西入ル", "東入", "西入", "上", "下", "通"];
        let mut ends = Vec::new();
        for at in name..name + self.letters(name).len().min(LONGEST_WAY) {
            if let Some(word) = words.iter().find(|word| self.starts(at, word)) {
                ends.push(at + word.chars().count());
            }
        }
        ends
    }

    /// 「森 新田」 may be 森新田: a space is no proof that the town ended.
    fn written_apart(&self, towns: &'static TownIndex, taken: &Taken, name: usize) -> Option<Warning> {
        let next = taken.next;
        let head = self.folded.letters[name..next].iter();
        let tail = self.letters(next).iter().filter(|letter| !letter.is_whitespace()).take(LONGEST_NAME);
        let joined: Vec<char> = head.chain(tail).copied().collect();
        let (found, length) = towns.longest(&joined, false)?;
        let near = vec![taken.place, found.places()[0]];
        let typed = joined.iter().take(length).collect();
        (length > next - name).then_some(Warning::UnknownTown { typed, near })
    }

    /// The letters that should have been a town, with those that may be meant.
    fn unknown(&self, towns: &'static TownIndex, name: usize) -> Warning {
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
            && let Some((found, _)) = towns.longest(self.letters(name), self.said_oaza(name))
        {
            near.push(found.places()[0]);
        }
        Warning::UnknownTown { typed: self.typed(name, name + length), near }
    }
}

/// The ways through the streets of 京都 are no longer.
const LONGEST_WAY: usize = 60;

/// 京都市: its 区 are 26101 to 26111.
fn is_kyoto(id: MunicipalityId) -> bool {
    (26_101..=26_111).contains(&(id.0 / 10))
}

/// Whether 番地 written in kanji begins here.
fn kanji_lot(letters: &[char]) -> bool {
    letters.first().is_some_and(|letter| "番号地〇一二三四五六七八九十百千壱弐参拾".contains(*letter))
}

/// The table has only 丁目 of this town, and what stands behind it is none: the town as a whole.
fn without_chome(place: &'static Place, next: usize) -> Taken {
    let name = place.oaza.to_owned();
    let doubt = Some(Warning::ChomeMissing { oaza: name.clone() });
    Taken { place, text: name.clone(), name, end: next, next, doubt }
}

fn chome_unclear(within: &[&'static Place], namesakes: &[&'static Place]) -> Warning {
    let near = within.iter().chain(namesakes).copied();
    let near = near.filter(|town| !town.oaza.is_empty() && town.koaza.is_empty()).collect();
    Warning::ChomeUnclear { oaza: within[0].oaza.to_owned(), near }
}
