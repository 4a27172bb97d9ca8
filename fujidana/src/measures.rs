//! `fujidana measures [--json]`: the measures of the city's plan and how much of each runs here.
use anyhow::Result;

use crate::arguments::Arguments;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["json"])?;
    if arguments.has("json") {
        println!("{}", serde_json::to_string_pretty(&plan::measures_json())?);
    } else {
        print!("{}", plan::measures_table());
    }
    Ok(())
}
