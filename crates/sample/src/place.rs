//! Addresses: a real town and a lot number for each household; Fujioka has 番地 only (residents.md §7).
use crate::draw::Draws;
use crate::tables::{Tables, Town};

pub(crate) struct Places {
    tables: &'static Tables,
    towns: Vec<TownState>,
}

/// How far a town is filled.
#[derive(Default, Clone, Copy)]
struct TownState {
    lots: u32,
    flats: u32,
    building: (u32, u32),
}

#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) town: &'static Town,
    pub(crate) lot: u32,
    pub(crate) branch: u32,
    pub(crate) detail: String,
}

/// Flats of one invented building: two floors of four.
const FLATS: u32 = 8;
const BUILDINGS: [&str; 12] = [
    "コーポみほん",
    "見本ハイツ",
    "メゾン見本",
    "サンハイツ見本",
    "グリーンコーポ見本",
    "見本荘",
    "パークハイム見本",
    "見本住宅",
    "ハイツみほん",
    "シャトー見本",
    "ヴィラ見本",
    "フジコーポ見本",
];

impl Places {
    pub(crate) fn new(tables: &'static Tables) -> Self {
        Self { tables, towns: vec![TownState::default(); tables.towns.rows.len()] }
    }

    /// An address nobody has yet: a house, or a flat with its 方書.
    pub(crate) fn next(&mut self, flat: bool, draws: &mut Draws) -> Place {
        let at = draws.weighted(&self.tables.towns.totals);
        let town = &self.tables.towns.rows[at];
        let state = &mut self.towns[at];
        if !flat {
            let (lot, branch) = next_lot(state, town);
            return Place { town, lot, branch, detail: String::new() };
        }
        let (building, unit) = (state.flats / FLATS, state.flats % FLATS);
        if unit == 0 {
            state.building = next_lot(state, town);
        }
        state.flats += 1;
        let (lot, branch) = state.building;
        let name = BUILDINGS[(building as usize + at) % BUILDINGS.len()];
        let room = (unit / 4 + 1) * 100 + unit % 4 + 1;
        Place { town, lot, branch, detail: format!("{name} {room}号室") }
    }
}

/// Walks through the lots of the town in big steps, so that neighbours in the file are not neighbours in
/// the street; each round adds branches to the lots. No lot comes twice.
fn next_lot(state: &mut TownState, town: &Town) -> (u32, u32) {
    // Four places a lot: itself and three branches. Prime to the step, which is a larger prime.
    let places = (150 + town.weight / 15) * 4;
    let (round, nth) = (state.lots / places, state.lots % places);
    state.lots += 1;
    let place = nth * STEP % places;
    let (lot, side) = (place / 4 + 1, place % 4);
    (lot, if round == 0 { side } else { round * 4 + side })
}

/// A prime larger than the number of places of any town.
const STEP: u32 = 7_919;
