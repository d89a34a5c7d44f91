//! Images for contrastive training: sources, decoding, the two-view augmentation and a prefetching loader.
//! Produces plain bytes; tensors, devices and normalisation are the engine's.

pub mod augment;
pub mod bench;
mod cache;
mod cpu;
mod dataset;
mod decode;
mod error;
mod file_kind;
mod findings;
mod fingerprint;
#[doc(hidden)]
pub mod fuzz;
mod loader;
mod order;
mod rgb;
pub mod samples;
mod source;
mod tar_header;

pub use augment::eval_image;
pub use cache::{DecodedCache, cache_folder};
pub use dataset::{Dataset, DatasetSpec, HeldOut, HeldOutOrigin, Split, open, open_seeded};
pub use error::{DataError, Missing, Refusal, Result, SENTENCES, Where};
pub use file_kind::{FIRST_BYTES, FileKind};
pub use findings::{Findings, FoundSplit, Labels, LeftOut, Near, Said, SplitWord, Unused, Why};
pub use loader::{Batch, Loader, LoaderConfig};
pub use rgb::RgbImage;
pub use source::{FASHION_MNIST, fashion_mnist_folder};
