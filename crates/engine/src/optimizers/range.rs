//! The range of the flat buffer that an optimizer moves: its tensors, and which of them decay. It moves nothing itself.

use tch::Tensor;
use vitals_recipe::{DecayExclude, Recipe};

use crate::error::Result;
use crate::parameter::{Slot, Span};

/// A range and how its weights decay.
pub(crate) struct Range {
    pub span: Span,
    pub weight_decay: f64,
    spares_vectors: bool,
    /// The tensors inside, relative to the range, and whether each is a matrix (or has more dimensions).
    tensors: Vec<(Span, bool)>,
    /// 1 where weight decay applies and 0 elsewhere; none where it applies everywhere or nowhere.
    decay_mask: Option<Tensor>,
}

impl Range {
    /// The slots inside `span`. `zeros` makes a vector of its length.
    pub(crate) fn new(
        recipe: &Recipe,
        rule_spares_vectors: bool,
        slots: &[Slot],
        span: Span,
        zeros: &dyn Fn() -> Result<Tensor>,
    ) -> Result<Range> {
        let mut range = Range {
            span,
            weight_decay: recipe.weight_decay,
            spares_vectors: rule_spares_vectors || recipe.decay_exclude == DecayExclude::BiasAndNorm,
            tensors: Vec::new(),
            decay_mask: None,
        };
        let inside: Vec<&Slot> = slots.iter().filter(|slot| range.holds(slot)).collect();
        let place = |slot: &Slot| {
            let start = slot.offset - span.start;
            Span { start, end: start + slot.count }
        };
        range.tensors = inside.iter().map(|slot| (place(slot), slot.shape.len() > 1)).collect();
        if range.spares_vectors && range.weight_decay != 0.0 {
            let mask = zeros()?;
            for slot in inside.iter().filter(|slot| range.decays(slot)) {
                let _ = place(slot).of(&mask)?.f_fill_(1.0)?;
            }
            range.decay_mask = Some(mask);
        }
        Ok(range)
    }

    /// Whether a tensor lies inside.
    pub(crate) fn holds(&self, slot: &Slot) -> bool {
        slot.offset >= self.span.start && slot.offset < self.span.end
    }

    /// Whether weight decay applies to a tensor.
    pub(crate) fn decays(&self, slot: &Slot) -> bool {
        // Biases and scales have one dimension; `cls_token` and `pos_embed` have three, and decay.
        !self.spares_vectors || slot.shape.len() > 1
    }

    /// 1 for every weight that decays, where some do not.
    pub(crate) fn decay_mask(&self) -> Option<&Tensor> {
        self.decay_mask.as_ref()
    }

    /// direction ← direction + decay·weights, for rules in which decay is a part of the gradient.
    pub(crate) fn add_decay(&self, direction: &mut Tensor, weights: &Tensor) -> Result<()> {
        if self.weight_decay != 0.0 {
            let mut decayed = weights.f_mul_scalar(self.weight_decay)?;
            if let Some(mask) = &self.decay_mask {
                let _ = decayed.f_mul_(mask)?;
            }
            let _ = direction.f_add_(&decayed)?;
        }
        Ok(())
    }

    /// Every tensor inside, relative to the range.
    pub(crate) fn tensors(&self) -> Vec<Span> {
        self.tensors.iter().map(|(span, _)| *span).collect()
    }

    /// Those with two dimensions or more.
    pub(crate) fn matrices(&self) -> Vec<Span> {
        self.tensors.iter().filter(|(_, is_matrix)| *is_matrix).map(|(span, _)| *span).collect()
    }
}
