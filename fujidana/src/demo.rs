//! The sample city (見本): made on the first start, labelled on every page.
use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};
use base::{Clock, PartialDate};
use identity::{password, totp};
use register::{Name, Place, Relationship, TakeoverHousehold, TakeoverPerson, take_over};
use sample::{Household, Person, Population, Spec};
use web::Site;

use crate::arguments::Arguments;
use crate::installation::Installation;
use crate::tls::Tls;
use crate::{city, serve};

/// Households of one transaction.
const SLICE: usize = 400;

pub fn run(arguments: &Arguments) -> Result<()> {
    if let [word, user] = arguments.words.as_slice()
        && word == "code"
    {
        return code(user);
    }
    arguments.only(&[&serve::OPTIONS[..], &["residents", "seed"]].concat())?;
    let clock = Clock::system();
    let tls = Tls::from_arguments(arguments, &clock)?;
    let installation = Installation::open(arguments, &clock)?;
    let (residents, seed) = (arguments.number("residents", 65_000)?, arguments.number("seed", 1)?);
    serve::runtime()?.block_on(async {
        let site = match installation.city().await? {
            Some((_, false)) => bail!("ここには本物の市があります。見本は別のフォルダーにつくれます"),
            Some((city, true)) => installation.site(city, true).await?,
            None => create(&installation, &clock, Spec { residents, seed, on: clock.today() }).await?,
        };
        for one in site.sample_sign_ins() {
            println!("サインイン {} {} {} {}", one.name, one.password, one.section, one.does);
        }
        println!("確認コードは fujidana demo code 職員番号 でわかります");
        serve::listen(&installation, site, arguments, tls).await
    })
}

/// The present code of a sample account: its secret is derived from its name, so no store is opened.
fn code(user: &str) -> Result<()> {
    if !city::SAMPLE_SIGN_INS.iter().any(|one| one.name == user) {
        let names: Vec<&str> = city::SAMPLE_SIGN_INS.iter().map(|one| one.name).collect();
        bail!("{user} は見本の職員にいません。いるのは {} です", names.join("、"));
    }
    println!("{}", totp::code(&totp::sample_secret(user), totp::step_at(Clock::system().now())));
    Ok(())
}

pub async fn create(installation: &Installation, clock: &Clock, spec: Spec) -> Result<Site> {
    let (city, hash, at) = (city::fujioka(), password::hash(city::sample_password()), clock.now());
    let new = city.clone();
    let keys = installation.keys.clone();
    installation.inside.write(city.id, move |tx| city::create_sample(tx, &keys, &new, &hash, at)).await?;
    let site = installation.site(city, true).await?;
    // The city's published plan: facts, not sample people.
    let system = identity::Actor::system(site.city().id).account;
    site.inside().write(site.city().id, move |tx| plan::load(tx, system)).await?;
    load(&site, &sample::generate(spec), spec.on).await?;
    Ok(site)
}

/// Takes the population over through the register; the followers follow.
pub async fn load(site: &Site, population: &Population, on: base::Date) -> Result<()> {
    let total = population.households.len();
    for (i, slice) in population.households.chunks(SLICE).enumerate() {
        let households: Vec<TakeoverHousehold> =
            slice.iter().map(|h| household(h, population.members(h), site.city())).collect::<Result<_>>()?;
        site.inside().write_bulk(site.city().id, move |tx| take_over(tx, on, &households)).await?;
        progress("住民票", (i * SLICE + slice.len()).min(total), total);
    }
    events::drain(site.inside(), site.follow_ups()).await?;
    Ok(())
}

fn progress(what: &str, done: usize, total: usize) {
    if std::io::stderr().is_terminal() {
        eprint!("\r見本の{what}をつくっています {done} / {total} 世帯");
        if done == total {
            eprintln!();
        }
        drop(std::io::stderr().flush());
    }
}

fn household(household: &Household, members: &[Person], city: &web::City) -> Result<TakeoverHousehold> {
    let town = household.town.id.parse().ok();
    let numbering =
        town.and_then(|id| address::town(city.id, id)).map_or(address::Numbering::Unknown, |t| t.numbering);
    let banchi = household.banchi();
    let lot = address::Lot::parse(&banchi, numbering).unwrap_or_else(|_| address::Lot::as_written(&banchi));
    let place =
        Place { town, town_text: household.town.name.to_owned(), lot, detail: household.detail.clone() };
    let members = members.iter().map(person).collect::<Result<_>>()?;
    Ok(TakeoverHousehold { number: household.number, place, members })
}

fn person(person: &Person) -> Result<TakeoverPerson> {
    let birth = match &person.birth_text {
        Some(text) => PartialDate::parse(text, person.moved_in_on)?,
        None => PartialDate::exact(person.birth),
    };
    let relationship = Relationship::parse(person.relationship).map_err(anyhow::Error::msg)?;
    let (domicile, domicile_head) = person.domicile.as_ref().map_or_else(Default::default, |domicile| {
        (domicile.text(), format!("{}　{}", domicile.head_family_name, domicile.head_given_name))
    });
    let previous = person.previous.map(|m| format!("{}{}", m.prefecture, m.name)).unwrap_or_default();
    let foreign = person.foreign.as_deref();
    Ok(TakeoverPerson {
        number: person.number,
        name: Name {
            family: person.family_name.to_owned(),
            given: person.given_name.to_owned(),
            family_kana: person.family_kana.to_owned(),
            given_kana: person.given_kana.to_owned(),
            common: foreign.map(|f| f.common_name.clone()).unwrap_or_default(),
        },
        nationality: foreign.map(|f| f.nationality.to_owned()).unwrap_or_default(),
        birth,
        sex: person.sex,
        relationship,
        domicile,
        domicile_head,
        resident_since: person.became_resident_on,
        address_since: person.moved_in_on,
        previous_address: previous,
    })
}

pub fn write_sample(arguments: &Arguments) -> Result<()> {
    arguments.only(&["residents", "seed", "out", "on"])?;
    let on = match arguments.text("on") {
        Some(day) => day.parse()?,
        None => SAMPLE_DAY,
    };
    let spec =
        Spec { residents: arguments.number("residents", 65_000)?, seed: arguments.number("seed", 1)?, on };
    let folder = arguments.folder("out", "./sample");
    std::fs::create_dir_all(&folder)?;
    sample::write_csv(&sample::generate(spec), &folder)?;
    println!("{} に persons.csv と households.csv を書きました（見本）", folder.display());
    Ok(())
}

/// The day of the written sample, so that two runs on different days give the same bytes.
const SAMPLE_DAY: base::Date = base::day(2026, 10, 1);
