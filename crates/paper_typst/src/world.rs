//! What a template can see during one run.
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use paper::Template;
use typst::diag::{FileError, FileResult, PackageError};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::FONTS;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::builder().build()));

/// The texts that the program brings, parsed once.
pub(crate) struct BuiltIn {
    main: FileId,
    sources: HashMap<FileId, Source>,
}

impl BuiltIn {
    pub fn new(templates: &[&Template]) -> Self {
        let main = file_id("main.typ");
        let own = [("main.typ", include_str!("main.typ")), ("prelude.typ", include_str!("prelude.typ"))];
        let sources = own.into_iter().map(|(name, text)| (file_id(name), text)).chain(
            templates.iter().map(|template| (file_id(&format!("{}.typ", template.name)), template.source)),
        );
        let sources = sources.map(|(id, text)| (id, Source::new(id, text.to_owned()))).collect();
        Self { main, sources }
    }
}

fn file_id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a template's name is a plain path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// One run. A source is read once in it, so that a run sees one state of the folder.
pub(crate) struct Run<'a> {
    built_in: &'a BuiltIn,
    folder: Option<&'a PathBuf>,
    data_file: FileId,
    data: Bytes,
    read: Mutex<HashMap<FileId, FileResult<Source>>>,
}

impl<'a> Run<'a> {
    /// `data` is the JSON that `main.typ` reads.
    pub fn new(built_in: &'a BuiltIn, folder: Option<&'a PathBuf>, data: String) -> Self {
        let data = Bytes::from_string(data);
        Self { built_in, folder, data_file: file_id("run.json"), data, read: Mutex::default() }
    }

    /// The text that a template's name stands for in this run.
    pub fn template(&self, file: &str) -> FileResult<Source> {
        self.source(file_id(file))
    }

    /// The city's file where it has one, else the program's. Read anew in each run, so that a change shows at once.
    fn read(&self, id: FileId) -> FileResult<Source> {
        let path = id.get();
        if let VirtualRoot::Package(package) = path.root() {
            return Err(FileError::Package(PackageError::NotFound(package.clone())));
        }
        let name = path.vpath().get_without_slash();
        let overridable = id != self.built_in.main && path.vpath().extension() == Some("typ");
        if let (Some(folder), true) = (self.folder, overridable) {
            let place = folder.join(name);
            if place.is_file() {
                let text = fs::read_to_string(&place).map_err(|error| FileError::from_io(error, &place))?;
                return Ok(Source::new(id, text));
            }
        }
        self.built_in.sources.get(&id).cloned().ok_or_else(|| FileError::NotFound(name.into()))
    }
}

impl World for Run<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }
    fn main(&self) -> FileId {
        self.built_in.main
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(id).or_insert_with(|| self.read(id)).clone()
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data_file {
            return Ok(self.data.clone());
        }
        // Typst asks here also for sources that are to be read as text.
        self.source(id).map(|source| Bytes::from_string(source.text().to_owned()))
    }
    fn font(&self, index: usize) -> Option<Font> {
        FONTS.all.get(index).cloned()
    }
    /// A paper's date is data: the same data give the same paper tomorrow.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
