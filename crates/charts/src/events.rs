//! Draws what happened: shading, upright dashes, the mark of a kind at their head and a word where there is room.

use crate::axis::Axis;
use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::lines::{Event, EventKind};
use crate::page::Look;
use crate::theme::Theme;

pub(crate) fn color_of(kind: EventKind, theme: &Theme) -> Color {
    match kind {
        EventKind::Spike | EventKind::Shock => theme.spike,
        EventKind::Dip => theme.dip,
        EventKind::Collapse => theme.collapse,
        EventKind::Nonfinite => theme.nan,
        EventKind::Stalled => theme.stalled,
        EventKind::Other => theme.faint,
    }
}

/// Dips that have ended, from edge to edge of a plot.
pub(crate) fn shade(ink: &mut Ink<'_>, events: &[Event], place: Place, x: &Axis) -> Result<(), ChartError> {
    let theme = ink.look.theme;
    for event in events.iter().filter(|event| event.kind == EventKind::Dip) {
        let Some(end) = event.end else { continue };
        let held = |at: f64| x.at(at).clamp(place.left, place.right);
        let (from, to) = (held(event.at), held(end));
        if from < to {
            ink.rect((from, place.top), (to, place.bottom), theme.dip, theme.dip_opacity)?;
        }
    }
    Ok(())
}

/// `plain`: a word without a mark, as the comparison of runs has always had it.
pub(crate) fn draw(
    ink: &mut Ink<'_>,
    events: &[Event],
    place: Place,
    x: &Axis,
    plain: bool,
) -> Result<(), ChartError> {
    let Look { unit, label: size, theme, .. } = ink.look;
    let mut taken = f64::NEG_INFINITY;
    for event in events {
        let at = x.at(event.at);
        if !(place.left..=place.right).contains(&at) {
            continue;
        }
        let color = color_of(event.kind, theme);
        // A dip that has ended is shaded.
        if event.kind != EventKind::Dip || event.end.is_none() {
            let opacity = if plain {
                0.9
            } else if event.injected {
                0.45
            } else {
                0.75
            };
            ink.dashed(&[(at, place.top), (at, place.bottom)], &[2.0, 2.0], color, unit, opacity)?;
        }
        let width = fonts::width(&event.label, size);
        if plain {
            let fits = at + 5.0 * unit + width < place.right;
            let (dx, align) = if fits { (5.0, Align::Start) } else { (-5.0, Align::End) };
            let text_at = (at + dx * unit, place.top + 10.0 * unit);
            ink.text(&event.label, text_at, size, color, (align, false))?;
            continue;
        }
        let radius = 3.2 * unit;
        ink.event(event.kind, (at, place.top + radius), radius, color)?;
        let fits = at + 6.0 * unit + width < place.right;
        let (from, align) =
            if fits { (at + 6.0 * unit, Align::Start) } else { (at - 6.0 * unit, Align::End) };
        let first = if fits { from } else { from - width };
        if !event.label.is_empty() && first > taken {
            let text_at = (from, place.top + 0.5 * radius + 0.5 * size);
            ink.text(&event.label, text_at, size, color, (align, false))?;
            taken = first + width + 8.0 * unit;
        }
    }
    Ok(())
}
