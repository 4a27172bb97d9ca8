//! Every template of every app is set with its sample on every run, all its letters looked up.
use paper::Typesetter;
use paper_typst::Press;

#[test]
fn every_template_sets_its_sample() {
    if !paper_typst::fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return;
    }
    let press = Press::new(paper::TEMPLATES, None);
    let templates = press.templates();
    assert!(templates.iter().any(|template| template.name == "residents/jumin-hyo"));
    for pair in templates.windows(2) {
        assert!(pair[0].name != pair[1].name, "two templates are called {}", pair[0].name);
    }
    for template in templates {
        let data = (template.sample)();
        let pdf =
            press.render(template.name, &data).unwrap_or_else(|error| panic!("{}: {error}", template.name));
        assert!(pdf.pages > 0 && pdf.bytes.starts_with(b"%PDF-1."), "{}", template.name);
        assert!(!template.archive || data["issued_on"].is_string(), "{} has no date", template.name);
    }
}
