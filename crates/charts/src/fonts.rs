//! The bundled fonts (OFL, see `fonts/`): Inter, and Pretendard for Hangul, so that a figure looks the same on every machine. Those
//! of the machine are asked only for letters that these lack.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::Database;

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");
const HANGUL: &[u8] = include_bytes!("../fonts/Pretendard-Regular.otf");

/// Latin letters of Inter in all weights, as pages take fonts: for whoever puts figures into a page, which are laid out for it.
pub const WEB_FONT: &[u8] = include_bytes!("../fonts/Inter-Latin.woff2");

/// What a figure asks for; a viewer without Inter takes its own.
pub(crate) const FAMILY: &str = "Inter, Pretendard, sans-serif";

/// How much wider semi-bold letters are than regular ones.
pub(crate) const BOLD: f64 = 1.045;

/// The bundled fonts for rendering.
pub(crate) fn database() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = Database::new();
        for face in [REGULAR, SEMI_BOLD, HANGUL] {
            fonts.load_font_data(face.to_vec());
        }
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}

/// The bundled fonts, and all that the machine has.
pub(crate) fn with_those_of_the_machine() -> &'static Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = Database::clone(&database());
        fonts.load_system_fonts();
        Arc::new(fonts)
    })
}

/// A text cut to a width, with `…` where something is missing.
pub(crate) fn fit(text: &str, size: f64, available: f64) -> String {
    if width(text, size) <= available {
        return text.to_owned();
    }
    let mut used = width("…", size);
    let kept: String = text
        .chars()
        .take_while(|letter| {
            used += width(letter.encode_utf8(&mut [0; 4]), size);
            used <= available
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// A text as lines of a width, broken between words; a word that is wider than a line is cut.
pub(crate) fn lines(text: &str, size: f64, available: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| width(longer, size) <= available) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(fit(word, size, available)),
        }
    }
    lines
}

/// Width of a text in the size's unit; letters that no bundled font has count as a wide one.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    static FACES: OnceLock<Vec<ttf_parser::Face<'static>>> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        [REGULAR, HANGUL].into_iter().filter_map(|data| ttf_parser::Face::parse(data, 0).ok()).collect()
    });
    let advance = |letter: char| {
        faces.iter().find_map(|face| {
            let glyph = face.glyph_index(letter)?;
            Some(f64::from(face.glyph_hor_advance(glyph)?) / f64::from(face.units_per_em()))
        })
    };
    text.chars().map(|letter| advance(letter).unwrap_or(1.0) * size).sum()
}
