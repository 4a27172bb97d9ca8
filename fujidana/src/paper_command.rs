//! `fujidana paper list | sample NAME --out FILE [--papers DIR]`: the templates of this program, and how each looks.
use std::fs;

use anyhow::{Context, Result, bail};
use paper::Typesetter;

use crate::arguments::Arguments;
use crate::installation::press;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["out", "papers"])?;
    let press = press(arguments);
    let templates = press.templates();
    match arguments.words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            for template in templates {
                let kind = if template.archive { "PDF/A-1b" } else { "PDF" };
                println!("{}\t{}\t{kind}", template.name, template.title);
            }
            Ok(())
        }
        ["sample", name] => {
            let Some(template) = templates.iter().find(|template| template.name == name) else {
                bail!("様式「{name}」はありません。fujidana paper list で一覧が見られます");
            };
            let out = arguments.text("out").context("--out FILE で書き先をきめられます")?;
            let pdf = press.render(name, &(template.sample)())?;
            fs::write(out, &pdf.bytes).with_context(|| format!("{out} に書けません"))?;
            println!("{out} に{}ページ書きました", pdf.pages);
            Ok(())
        }
        _ => bail!("fujidana paper list、または fujidana paper sample 様式の名 --out FILE です"),
    }
}
