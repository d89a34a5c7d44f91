//! PDF of the very SVG: one page of its size, lines as lines and text as text, of each font the letters that it needs.

use std::collections::HashMap;

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, TextStr};
use svg2pdf::ConversionOptions;

use crate::error::ChartError;
use crate::figure::figure as draw;
use crate::model::Figure;
use crate::tree::tree;

/// Points in a CSS pixel.
const PT_PER_PX: f32 = 0.75;

/// Draws a figure as PDF, with its title, and its subtitle and ids as what it is about.
///
/// # Errors
/// The figure is too small for its panels, or has letters that no font has.
pub fn pdf(figure: &Figure) -> Result<Vec<u8>, ChartError> {
    let tree = tree(&draw(figure)?)?;
    let (width, height) = (tree.size().width() * PT_PER_PX, tree.size().height() * PT_PER_PX);
    let failed = |error: svg2pdf::ConversionError| ChartError::Pdf(error.to_string());
    let (chunk, drawing) = svg2pdf::to_chunk(&tree, ConversionOptions::default()).map_err(failed)?;
    let mut next = Ref::new(1);
    let [catalog, pages, page, content, info] = [(); 5].map(|()| next.bump());
    let mut numbers = HashMap::new();
    let chunk = chunk.renumber(|old| *numbers.entry(old).or_insert_with(|| next.bump()));
    let no_drawing = || ChartError::Pdf("the drawing is not in it".to_owned());
    let drawing = *numbers.get(&drawing).ok_or_else(no_drawing)?;

    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(catalog);
    root.pages(pages);
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.pages(pages).count(1).kids([page]);
    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
    sheet.resources().x_objects().pair(Name(b"F"), drawing);
    sheet.finish();
    let mut shown = Content::new();
    // The drawing is one point wide and high.
    shown.transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(Name(b"F"));
    pdf.stream(content, &shown.finish());
    let about = [figure.subtitle.clone(), figure.ids.join(", ")];
    let about: Vec<String> = about.into_iter().filter(|text| !text.is_empty()).collect();
    let mut document = pdf.document_info(info);
    document.title(TextStr(&figure.title)).creator(TextStr("Vitals"));
    if !about.is_empty() {
        document.subject(TextStr(&about.join(" · ")));
    }
    document.finish();
    pdf.extend(&chunk);
    Ok(pdf.finish())
}
