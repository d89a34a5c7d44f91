//! Lines as a picture: ten thousand of them are megabytes as paths, and on paper no finer than dots. All of them are in it.

use resvg::tiny_skia::{LineCap, LineJoin, Paint, PathBuilder, Pixmap, StrokeDash, Transform};

use super::{BEND, Frame, Stroke};
use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::png::Few;

/// What a picture may take of a PDF of 200 kB, by what packs it here; what packs the PDF takes up to an eighth more.
const MOST_BYTES: usize = 100_000;
/// Dots a pixel, with as many colours, in the order in which they are tried: 192 dots an inch first.
const ATTEMPTS: [(f64, &[usize]); 3] = [(2.0, &[32, 12]), (1.5, &[24, 10]), (1.0, &[32, 12, 6])];

/// A picture of these strokes over a place.
///
/// `ground`: what it stands on; none: nothing, and the picture lets it through.
pub(super) fn picture(
    strokes: &[&Stroke],
    frame: &Frame,
    place: Place,
    ground: Option<Color>,
) -> Result<Vec<u8>, ChartError> {
    let mut last = None;
    for (dots, colors) in ATTEMPTS {
        let painted = painted(strokes, frame, place, (dots, ground))?;
        for &colors in colors {
            let few = Few::of(&painted, colors);
            if few.bytes_in_pdf()? <= MOST_BYTES {
                return few.indexed();
            }
            last = Some(few);
        }
    }
    last.map_or_else(|| Ok(Vec::new()), |few| few.indexed())
}

fn painted(
    strokes: &[&Stroke],
    frame: &Frame,
    place: Place,
    (dots, ground): (f64, Option<Color>),
) -> Result<Pixmap, ChartError> {
    let size = |length: f64| (length * dots).round().max(1.0) as u32;
    let (width, height) = (size(place.width()), size(place.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or(ChartError::Paint { width, height })?;
    if let Some((red, green, blue)) = ground {
        pixmap.fill(resvg::tiny_skia::Color::from_rgba8(red, green, blue, 0xff));
    }
    let x = |pixel: f64| ((pixel - place.left) * dots) as f32;
    let y = |pixel: f64| ((pixel - place.top) * dots) as f32;
    for stroke in strokes {
        let mut path = PathBuilder::new();
        for &run in &stroke.runs {
            for (at, (&to, ys)) in frame.xs.iter().zip(&frame.ys).enumerate() {
                let Some(before) = at.checked_sub(1) else {
                    path.move_to(x(to), y(ys[run]));
                    continue;
                };
                let (from, bend) = (frame.xs[before], (to - frame.xs[before]) * BEND);
                let (start, end) = (y(frame.ys[before][run]), y(ys[run]));
                path.cubic_to(x(from + bend), start, x(to - bend), end, x(to), end);
            }
        }
        let Some(path) = path.finish() else { continue };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let (red, green, blue) = stroke.color;
        paint.set_color_rgba8(red, green, blue, (stroke.opacity * 255.0).round() as u8);
        let unit = frame.unit * dots;
        let dash = stroke.dash.iter().map(|length| (length * unit) as f32).collect::<Vec<f32>>();
        let pen = resvg::tiny_skia::Stroke {
            width: (stroke.width * unit) as f32,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(dash, 0.0),
            ..resvg::tiny_skia::Stroke::default()
        };
        pixmap.stroke_path(&path, &paint, &pen, Transform::identity(), None);
    }
    Ok(pixmap)
}
