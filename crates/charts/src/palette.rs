//! A picture in few colours: median cut. Where it has no more colours than asked for, each pixel keeps its own.

use std::collections::HashMap;

type Rgba = [u8; 4];

/// Colours, and of each pixel the number of its colour. `most` is 1 to 256.
pub(crate) fn quantised(pixels: &[Rgba], most: usize) -> (Vec<Rgba>, Vec<u8>) {
    let mut counts: HashMap<Rgba, u64> = HashMap::new();
    for pixel in pixels {
        *counts.entry(*pixel).or_default() += 1;
    }
    let mut all: Vec<(Rgba, u64)> = counts.into_iter().collect();
    all.sort_unstable();
    let boxes = cut(all, most.clamp(1, 256));
    let palette: Vec<Rgba> = boxes.iter().map(|colors| middle(colors)).collect();
    let places = boxes
        .iter()
        .enumerate()
        .flat_map(|(place, colors)| colors.iter().map(move |(color, _)| (*color, place as u8)));
    let places: HashMap<Rgba, u8> = places.collect();
    (palette, pixels.iter().map(|pixel| places.get(pixel).copied().unwrap_or_default()).collect())
}

/// Cuts the box with the most to gain, where half of its pixels lie on each side, until there are enough.
fn cut(all: Vec<(Rgba, u64)>, most: usize) -> Vec<Vec<(Rgba, u64)>> {
    let mut boxes = vec![all];
    while boxes.len() < most {
        let gain = |colors: &Vec<(Rgba, u64)>| {
            let (spread, _) = widest(colors);
            u64::from(spread).pow(2) * colors.iter().map(|color| color.1).sum::<u64>().isqrt()
        };
        let Some(place) =
            (0..boxes.len()).filter(|&place| boxes[place].len() > 1).max_by_key(|&place| gain(&boxes[place]))
        else {
            break;
        };
        let mut colors = boxes.swap_remove(place);
        let (_, channel) = widest(&colors);
        colors.sort_unstable_by_key(|(color, _)| (color[channel], *color));
        let half = colors.iter().map(|color| color.1).sum::<u64>() / 2;
        let mut before = 0;
        let middle = colors.iter().position(|color| {
            before += color.1;
            before > half
        });
        let upper = colors.split_off(middle.unwrap_or_default().clamp(1, colors.len() - 1));
        boxes.extend([colors, upper]);
    }
    boxes
}

/// How far the colours of a box lie apart, and in which channel.
fn widest(colors: &[(Rgba, u64)]) -> (u8, usize) {
    let spread = |channel: usize| {
        let values = || colors.iter().map(|(color, _)| color[channel]);
        values().max().unwrap_or_default() - values().min().unwrap_or_default()
    };
    (0..4).map(|channel| (spread(channel), channel)).max().unwrap_or_default()
}

/// The most frequent colour where it has half of all pixels, as paper and text have, else the mean.
fn middle(colors: &[(Rgba, u64)]) -> Rgba {
    let all: u64 = colors.iter().map(|color| color.1).sum();
    match colors.iter().max_by_key(|color| color.1) {
        Some((color, count)) if count * 2 >= all => *color,
        _ => std::array::from_fn(|channel| {
            let sum: u64 = colors.iter().map(|(color, count)| u64::from(color[channel]) * count).sum();
            (sum / all.max(1)) as u8
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_and_many_come_close() {
        let few = [[1, 2, 3, 255], [9, 9, 9, 0], [1, 2, 3, 255]];
        let (palette, indices) = quantised(&few, 256);
        assert_eq!(indices.iter().map(|&at| palette[usize::from(at)]).collect::<Vec<_>>(), few);
        let many: Vec<Rgba> = (0..4096_u32).map(|n| [(n / 16) as u8, (n % 16 * 16) as u8, 40, 255]).collect();
        let (palette, indices) = quantised(&many, 64);
        assert_eq!(palette.len(), 64);
        let far = many.iter().zip(&indices).map(|(pixel, &at)| {
            (0..3).map(|c| pixel[c].abs_diff(palette[usize::from(at)][c])).max().unwrap()
        });
        assert!(far.max().unwrap() <= 32);
    }
}
