//! Colours and dashes of the window, light and dark, for figures. A test holds them against `ui/src/styles/tokens.css`.

use crate::color::{Color, rgb};
use crate::ember;

/// The tokens of one theme that figures use.
#[derive(Debug, PartialEq)]
pub(crate) struct Theme {
    /// `--bg-app`: behind cards.
    pub app: Color,
    /// `--bg-panel`: the ground of a card.
    pub panel: Color,
    /// `--bg-inset`: where a heat map holds nothing.
    pub inset: Color,
    /// `--tx-1`, `--tx-2`, `--tx-3`.
    pub text: Color,
    pub quiet: Color,
    pub faint: Color,
    pub axis: Color,
    pub grid: Color,
    /// `--line-2`, `--line-3`.
    pub frame: Color,
    pub line: Color,
    /// `--accent`: bands of the loss.
    pub band: Color,
    pub spike: Color,
    pub dip: Color,
    /// Opacity of `--ev-dip-fill`, whose colour is that of the dip.
    pub dip_opacity: f64,
    pub collapse: Color,
    pub nan: Color,
    pub stalled: Color,
    pub ok: Color,
    pub warn: Color,
    pub error: Color,
    pub info: Color,
    /// `--ok-quiet` and so on: the square of a verdict's sign; of `info` the zone of what does not matter.
    pub ok_quiet: Color,
    pub warn_quiet: Color,
    pub error_quiet: Color,
    pub info_quiet: Color,
    /// `--cat-1` … `--cat-10`: frozen is always the first, learned the second.
    categories: [Color; 10],
    /// `--seq-ember`, low to high.
    pub ember: [Color; 8],
    /// `--seq-tide`: accuracies and scores.
    pub tide: [Color; 6],
}

pub(crate) static LIGHT: Theme = Theme {
    app: rgb(0xeff1f3),
    panel: rgb(0xffffff),
    inset: rgb(0xf7f8f9),
    text: rgb(0x14181d),
    quiet: rgb(0x46505a),
    faint: rgb(0x626c77),
    axis: rgb(0x5d6772),
    grid: rgb(0xeceef1),
    frame: rgb(0xc3c9d0),
    line: rgb(0x838c96),
    band: rgb(0x0b7a70),
    spike: rgb(0x8c5a00),
    dip: rgb(0x6644d6),
    dip_opacity: 0x15 as f64 / 255.0,
    collapse: rgb(0xc0271d),
    nan: rgb(0xb01c62),
    stalled: rgb(0x8f5d00),
    ok: rgb(0x1c7a3e),
    warn: rgb(0x8f5d00),
    error: rgb(0xc0271d),
    info: rgb(0x1f66b5),
    ok_quiet: rgb(0xdff2e5),
    warn_quiet: rgb(0xfbf0d4),
    error_quiet: rgb(0xfbe4e1),
    info_quiet: rgb(0xe1edfa),
    categories: [
        rgb(0x2466c3),
        rgb(0xad5010),
        rgb(0x049594),
        rgb(0xe857ae),
        rgb(0xba8709),
        rgb(0x10567c),
        rgb(0x632a13),
        rgb(0x463064),
        rgb(0x5d8a58),
        rgb(0x676d73),
    ],
    ember: [
        rgb(0xf6f7f8),
        rgb(0xf5efe0),
        rgb(0xfbd68c),
        rgb(0xf49c47),
        rgb(0xde5b3d),
        rgb(0xa92a5c),
        rgb(0x5f1b6b),
        rgb(0x1e1240),
    ],
    tide: [rgb(0xeef3ea), rgb(0xc3e1b6), rgb(0x72c09f), rgb(0x2c939f), rgb(0x1f638f), rgb(0x1b2f62)],
};

pub(crate) static DARK: Theme = Theme {
    app: rgb(0x0c0e11),
    panel: rgb(0x121519),
    inset: rgb(0x0e1114),
    text: rgb(0xe8ebef),
    quiet: rgb(0xaab3bd),
    faint: rgb(0x84909c),
    axis: rgb(0x8b96a2),
    grid: rgb(0x1e232a),
    frame: rgb(0x363e48),
    line: rgb(0x6b7683),
    band: rgb(0x45c4b3),
    spike: rgb(0xffc53d),
    dip: rgb(0xa995ff),
    dip_opacity: 0x18 as f64 / 255.0,
    collapse: rgb(0xff7066),
    nan: rgb(0xff8fb8),
    stalled: rgb(0xe9b44c),
    ok: rgb(0x6cc98a),
    warn: rgb(0xe9b44c),
    error: rgb(0xff7066),
    info: rgb(0x6fb3ff),
    ok_quiet: rgb(0x15301f),
    warn_quiet: rgb(0x33290f),
    error_quiet: rgb(0x3a1a18),
    info_quiet: rgb(0x132a40),
    categories: [
        rgb(0x539af2),
        rgb(0xf4993c),
        rgb(0x52efe0),
        rgb(0x9f607d),
        rgb(0xede451),
        rgb(0x4fcbea),
        rgb(0xc93a2a),
        rgb(0x785dca),
        rgb(0xa6d59f),
        rgb(0x91979e),
    ],
    ember: [
        rgb(0x14171c),
        rgb(0x1f1b30),
        rgb(0x3f2160),
        rgb(0x7d236c),
        rgb(0xc13d56),
        rgb(0xec7435),
        rgb(0xf9bd48),
        rgb(0xfff6c9),
    ],
    tide: [rgb(0x152028), rgb(0x17405a), rgb(0x15677b), rgb(0x2a9185), rgb(0x76bd79), rgb(0xe6ec8f)],
};

/// `--dash-1` … `--dash-10`, paired with the colours.
const DASHES: [&[f64]; 10] = [
    &[],
    &[7.0, 3.0],
    &[2.0, 2.5],
    &[9.0, 3.0, 2.0, 3.0],
    &[4.0, 2.0],
    &[12.0, 3.0],
    &[1.5, 2.0],
    &[9.0, 2.0, 1.5, 2.0, 1.5, 2.0],
    &[5.0, 5.0],
    &[14.0, 3.0, 4.0, 3.0],
];

/// As the window draws with it (`ui/src/screens/runs/explore/draw.ts`).
const TIDES: usize = 256;
const TIDE_FROM: f64 = 0.3;

/// Dash of line n, counted from 0; colours and dashes repeat after ten.
pub(crate) fn dash(index: usize) -> &'static [f64] {
    DASHES[index % DASHES.len()]
}

impl Theme {
    /// Colour of line n, counted from 0.
    pub fn category(&self, index: usize) -> Color {
        self.categories[index % self.categories.len()]
    }

    /// The colour of a depth between 0 (input) and 1 (output): ember without the end that the ground would swallow.
    pub fn depth(&self, depth: f64) -> Color {
        let [_, _, _, stops @ ..] = self.ember;
        let place = depth.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (place as usize).min(stops.len() - 2);
        let part = place - below as f64;
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
        let ((r, g, b), (s, h, c)) = (stops[below], stops[below + 1]);
        (mix(r, s), mix(g, h), mix(b, c))
    }

    /// A colour of the tide scale at 0…1, without the end that the ground would swallow.
    pub fn tide(&self, share: f64) -> Color {
        let colors = ember::ramp(&self.tide, TIDES);
        let place = TIDE_FROM + (1.0 - TIDE_FROM) * share.clamp(0.0, 1.0);
        colors[(place * (TIDES - 1) as f64).round() as usize]
    }

    /// The ember scale in `size` colours, as the window mixes them.
    pub fn embers(&self, size: usize) -> Vec<Color> {
        ember::ramp(&self.ember, size)
    }

    /// The whole tide scale in `size` colours: areas are seen where lines are swallowed.
    pub fn tides(&self, size: usize) -> Vec<Color> {
        ember::ramp(&self.tide, size)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Values of the tokens of a block of the style sheet.
    fn tokens(opening: &str) -> HashMap<String, String> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/styles/tokens.css");
        let sheet = std::fs::read_to_string(path).unwrap();
        let block = sheet.split_once(opening).unwrap().1.split_once("\n}").unwrap().0;
        let parts = block.split(';').map(|part| part.rsplit("*/").next().unwrap().trim());
        let pairs = parts.filter_map(|part| part.strip_prefix("--")?.split_once(": "));
        pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
    }

    fn hex(text: &str) -> Color {
        rgb(u32::from_str_radix(&text.trim()[1..7], 16).unwrap())
    }

    #[test]
    fn colours_and_dashes_are_those_of_the_window() {
        for (theme, opening) in
            [(&LIGHT, ":root[data-theme=\"light\"] {"), (&DARK, ":root, :root[data-theme=\"dark\"] {")]
        {
            let tokens = tokens(opening);
            let of = |name: &str| hex(&tokens[name]);
            let opacity = u8::from_str_radix(&tokens["ev-dip-fill"][7..], 16).unwrap();
            let scale = |name: &str| tokens[name].split(',').map(hex).collect::<Vec<Color>>();
            let (ember, tide) = (scale("seq-ember"), scale("seq-tide"));
            let expected = Theme {
                app: of("bg-app"),
                panel: of("bg-panel"),
                inset: of("bg-inset"),
                text: of("tx-1"),
                quiet: of("tx-2"),
                faint: of("tx-3"),
                axis: of("chart-axis"),
                grid: of("chart-grid"),
                frame: of("line-2"),
                line: of("line-3"),
                band: of("accent"),
                spike: of("ev-spike"),
                dip: of("ev-dip"),
                dip_opacity: f64::from(opacity) / 255.0,
                collapse: of("ev-collapse"),
                nan: of("ev-nan"),
                stalled: of("st-stalled"),
                ok: of("ok"),
                warn: of("warn"),
                error: of("error"),
                info: of("info"),
                ok_quiet: of("ok-quiet"),
                warn_quiet: of("warn-quiet"),
                error_quiet: of("error-quiet"),
                info_quiet: of("info-quiet"),
                categories: std::array::from_fn(|n| of(&format!("cat-{}", n + 1))),
                ember: std::array::from_fn(|n| ember[n]),
                tide: std::array::from_fn(|n| tide[n]),
            };
            assert_eq!(*theme, expected);
            assert_eq!(
                (of("ev-dip"), of("accent")),
                (hex(&tokens["ev-dip-fill"]), hex(&tokens["chart-band"]))
            );
        }
        let dashes = tokens(":root {");
        for n in 0..10 {
            let text = &dashes[&format!("dash-{}", n + 1)];
            let pattern: Vec<f64> = text.split(' ').filter_map(|length| length.parse().ok()).collect();
            assert_eq!(dash(n), pattern, "dash of line {n}");
        }
    }
}
