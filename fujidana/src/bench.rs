//! `fujidana bench`: what the numbers of the README are measured with.
use anyhow::{Result, bail};

use crate::arguments::Arguments;

pub fn run(arguments: &Arguments) -> Result<()> {
    bail!("まだ測るものがありません: {:?}", arguments.words)
}
