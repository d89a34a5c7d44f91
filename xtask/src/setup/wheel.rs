//! Which wheels hold libtorch and which of their files we keep. A table and where its files go: no download here.

use std::path::{Path, PathBuf};

use crate::place::LIBTORCH_VERSION;

/// A wheel, pinned, and whether only GPU machines need it.
#[derive(Debug, Clone, Copy)]
pub struct Wheel {
    pub project: &'static str,
    pub version: &'static str,
    pub cuda_only: bool,
    /// Folder and start of the name of the libraries that we keep.
    libraries: &'static [&'static str],
}

const fn cuda(project: &'static str, version: &'static str, libraries: &'static [&'static str]) -> Wheel {
    Wheel { project, version, cuda_only: true, libraries }
}

/// libtorch's CPU library refers to the CUDA runtime and CUPTI even where no GPU is.
const WHEELS: &[Wheel] = &[
    Wheel { project: "torch", version: LIBTORCH_VERSION, cuda_only: false, libraries: &[] },
    Wheel {
        project: "nvidia-cuda-runtime",
        version: "13.0.96",
        cuda_only: false,
        libraries: &["nvidia/cu13/lib/libcudart.so"],
    },
    Wheel {
        project: "nvidia-cuda-cupti",
        version: "13.0.85",
        cuda_only: false,
        libraries: &["nvidia/cu13/lib/libcupti.so"],
    },
    cuda("nvidia-cublas", "13.1.0.3", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cuda-nvrtc", "13.0.88", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cufft", "12.0.0.61", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cufile", "1.15.1.6", &["nvidia/cu13/lib/"]),
    cuda("nvidia-curand", "10.4.0.35", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cusolver", "12.0.4.66", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cusparse", "12.6.3.3", &["nvidia/cu13/lib/"]),
    cuda("nvidia-nvjitlink", "13.0.88", &["nvidia/cu13/lib/"]),
    cuda("nvidia-cudnn-cu13", "9.19.0.56", &["nvidia/cudnn/lib/"]),
    cuda("nvidia-cusparselt-cu13", "0.8.0", &["nvidia/cusparselt/lib/"]),
    cuda("nvidia-nccl-cu13", "2.28.9", &["nvidia/nccl/lib/"]),
    cuda("nvidia-nvshmem-cu13", "3.4.5", &["nvidia/nvshmem/lib/"]),
];

/// What torch's own wheel holds that we link or open.
const TORCH_LIBRARIES: &[&str] = &["libc10.so", "libtorch_cpu.so", "libgomp.so.1"];
const TORCH_CUDA_LIBRARIES: &[&str] = &[
    "libc10_cuda.so",
    "libtorch_cuda.so",
    "libtorch_cuda_linalg.so",
    "libcaffe2_nvrtc.so",
    "libtorch_nvshmem.so",
];

/// The wheels of one set.
pub fn wanted(cuda: bool) -> impl Iterator<Item = &'static Wheel> {
    WHEELS.iter().filter(move |wheel| cuda || !wheel.cuda_only)
}

impl Wheel {
    /// `torch==2.11.0`
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.project, self.version)
    }

    /// How the file name starts: `nvidia_cuda_runtime-13.0.96-`.
    pub fn file_start(&self) -> String {
        format!("{}-{}-", self.project.replace('-', "_"), self.version)
    }

    /// What to take out of it, below a libtorch folder.
    pub fn parts(&self, cuda: bool, folder: &Path) -> Vec<Part> {
        let lib = folder.join("lib");
        if self.project != "torch" {
            return self.libraries.iter().map(|start| Part::library(start, &lib)).collect();
        }
        let headers = "torch/include/".to_owned();
        let mut parts = vec![Part { start: headers.clone(), strip: headers, folder: folder.join("include") }];
        let more = if cuda { TORCH_CUDA_LIBRARIES } else { &[] };
        let names = TORCH_LIBRARIES.iter().chain(more);
        parts.extend(names.map(|name| Part::library(&format!("torch/lib/{name}"), &lib)));
        parts
    }
}

/// Members of a wheel whose name starts with `start` go below `folder`, under their name without `strip`.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub start: String,
    pub strip: String,
    pub folder: PathBuf,
}

impl Part {
    fn library(start: &str, lib: &Path) -> Self {
        let strip = start.rfind('/').map_or("", |slash| &start[..=slash]);
        Self { start: start.to_owned(), strip: strip.to_owned(), folder: lib.to_path_buf() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_set_is_three_wheels() {
        let requirements: Vec<String> = wanted(false).map(Wheel::requirement).collect();
        assert_eq!(
            requirements,
            ["torch==2.11.0", "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"]
        );
    }

    #[test]
    fn a_library_lands_flat_in_lib() {
        let parts = WHEELS[1].parts(false, Path::new("/x"));
        let strip = "nvidia/cu13/lib/".to_owned();
        let start = format!("{strip}libcudart.so");
        assert_eq!(parts, [Part { start, strip, folder: "/x/lib".into() }]);
    }
}
