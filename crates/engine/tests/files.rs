//! Files of weights as people bring them: values beside the tensors, wrappers before names, keys above them, and files that
//! are something else. `samples/make_odd_files.py` made those that are not a trial's.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking, as the tests do")]

use std::path::{Path, PathBuf};

use vitals_engine::{Inspection, import, inspect};
use vitals_recipe::{Backbone, Recipe};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

fn trial(name: &str) -> PathBuf {
    vitals_fixtures::path(&format!("trials/checkpoint/{name}.pth.tar"))
}

fn found(file: &Path) -> Inspection {
    inspect(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn refused(file: &Path) -> String {
    let error = inspect(file).unwrap_err().to_string();
    let (_, reason) = error.split_once(": ").unwrap();
    reason.to_owned()
}

/// The trials' geometry, as far as it matters to two tensors.
fn recipe() -> Recipe {
    Recipe {
        image_size: 8,
        backbone: Backbone::VitCustom,
        patch_size: 4,
        embed_dim: 8,
        depth: 1,
        num_heads: 2,
        head_hidden_dim: 8,
        head_out_dim: 4,
        batch_size: 8,
        knn_bank_size: 8,
        ..Recipe::default()
    }
}

#[test]
fn trials_whose_weights_are_plain_are_read() {
    let plain = found(&trial("plain"));
    assert_eq!((plain.kind.as_str(), plain.tensors, plain.epoch), ("encoder pair", 2, Some(300)));
    assert_eq!(
        (plain.backbone.as_deref(), plain.read_from.as_deref()),
        (Some("vit_small"), Some("state_dict"))
    );
    for name in ["numpy-scalar", "namespace", "size-and-device", "compiled"] {
        assert_eq!(found(&trial(name)), plain, "{name}");
    }
}

#[test]
fn trials_that_are_something_else_are_named() {
    assert_eq!(
        refused(&trial("lfs-pointer")),
        "it is a pointer of Git LFS, which stands for a file of 12.1 KiB; `git lfs pull` in its repository fetches the file"
    );
    assert_eq!(
        refused(&trial("web-page")),
        "it is a web page; download it again: the address gave a page, perhaps because it asks for a login or a click"
    );
    for name in ["lfs-pointer", "web-page"] {
        let out = tempfile::tempdir().unwrap();
        let error = import(&trial(name), &recipe(), &out.path().join("out")).unwrap_err().to_string();
        assert!(error.ends_with(&refused(&trial(name))), "{error}");
        assert!(!out.path().join("out").exists());
    }
}

#[test]
fn what_is_imported_is_what_was_inspected() {
    for name in ["plain", "numpy-scalar", "namespace", "size-and-device", "compiled"] {
        let out = tempfile::tempdir().unwrap();
        match import(&trial(name), &recipe(), &out.path().join("out")) {
            Ok(report) => {
                assert_eq!((report.tensors, report.unexpected), (2, Vec::<String>::new()), "{name}");
            }
            // Of another width than this recipe: found by its name all the same.
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("another geometry: tensor base_encoder."), "{name}: {error}");
            }
        }
    }
}

#[test]
fn values_that_are_no_tensors_become_opaque_in_every_protocol() {
    for protocol in 2..=5 {
        let file = sample(&format!("odd-values-{protocol}.pth.tar"));
        let found = found(&file);
        assert_eq!((found.kind.as_str(), found.tensors, found.elements), ("backbone", 2, 3), "{protocol}");
        assert_eq!((found.epoch, found.backbone.as_deref()), (Some(3), Some("vit_small")), "{protocol}");
        assert_eq!(found.left_out, Vec::<String>::new(), "{protocol}");
    }
}

#[test]
fn tensors_are_found_below_the_keys_of_scripts() {
    let keys = |name: &str| {
        let found = found(&sample(name));
        assert_eq!((found.kind.as_str(), found.elements), ("backbone", 3), "{name}");
        (found.read_from, found.beside)
    };
    let none = Vec::<String>::new;
    assert_eq!(keys("deep.pth.tar"), (Some("model.state_dict".to_owned()), none()));
    assert_eq!(keys("defaultdict.pth.tar"), (None, none()));
    assert_eq!(keys("pairs.pth.tar"), (Some("state_dict".to_owned()), none()));
    let teacher = found(&sample("teacher.pth.tar"));
    assert_eq!(teacher.read_from.as_deref(), Some("teacher"));
    assert_eq!((teacher.beside, teacher.epoch, teacher.tensors), (vec!["student".to_owned()], Some(9), 2));
}

#[test]
fn tensors_of_other_classes_and_kinds_are_read_or_named() {
    let found = found(&sample("kinds.pth.tar"));
    assert_eq!((found.tensors, found.elements), (3, 5));
    assert_eq!(found.left_out, ["eighth: torch.Float8Storage"]);
}

#[test]
fn files_that_hold_no_tensors_say_what_they_are() {
    for (name, expected) in [
        ("twice.pth.tar", "two of its tensors are called a where wrappers are taken off their names"),
        (
            "whole-model.pth.tar",
            "it holds an object of project.Model, which would have to be executed; save its `state_dict()`",
        ),
        ("shared-storage.pth.tar", "its tensors are many times as large as the file"),
        ("script.pth.tar", "it is a TorchScript program; save the `state_dict()` of its model"),
        (
            "packed.pth.tar",
            "its entry archive/data.pkl is compressed or encrypted, which torch.save never does; unpack it first",
        ),
        ("workbook.pth.tar", "it is a zip archive that torch.save did not write; unpack it first"),
        (
            "bare-pickle.pth.tar",
            "it is a bare pickle, which torch.save does not write; save its tensors with torch.save or as safetensors",
        ),
    ] {
        assert_eq!(refused(&sample(name)), expected, "{name}");
    }
}

#[test]
fn what_a_file_is_depends_on_what_it_holds_and_not_on_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.pth.tar");
    let written = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        inspect(&file)
            .map(|found| found.kind)
            .map_err(|error| error.to_string().split_once(": ").unwrap().1.to_owned())
    };
    let tensors = [("module.blocks.0.norm1.weight", 4), ("module.cls_token", 4)];
    let bytes = [[0_u8; 4], 1_f32.to_le_bytes()];
    let views = tensors.iter().zip(&bytes).map(|((name, _), bytes)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], bytes).unwrap())
    });
    let whole = safetensors::serialize(views, None).unwrap();
    // safetensors with the ending of torch.save, and the other way round.
    assert_eq!(written(&whole).unwrap(), "backbone");
    assert_eq!(written(&std::fs::read(sample("linear.pth.tar")).unwrap()).unwrap(), "linear probe");
    assert_eq!(
        written(&whole[..whole.len() - 3]).unwrap_err(),
        "it is cut short by 3 bytes; download it again"
    );
    assert_eq!(written(&whole[..40]).unwrap_err().split(" by ").next().unwrap(), "it is cut short");
    assert_eq!(written(b"\x1f\x8b\x08\x00\x00\x00").unwrap_err(), "it is packed with gzip; unpack it first");
    assert_eq!(written(b"").unwrap_err(), "it is empty; download it again");
    assert_eq!(written(b"{\"message\": \"Not Found\"}").unwrap_err(), "it is a JSON text; download it again");
    assert_eq!(
        written(b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.").unwrap_err(),
        "it is in the form that PyTorch wrote before version 1.6; save it again with a newer one"
    );
    assert_eq!(
        written(&[7; 100]).unwrap_err(),
        "it is neither safetensors nor a file of torch.save; choose another, or download it again"
    );
}

#[test]
fn files_that_were_made_to_do_harm_are_refused() {
    for name in ["huge-shape", "huge-shapes", "negative-stride", "negative-offset", "zero-stride"] {
        let told = refused(&sample(&format!("{name}.pth.tar")));
        assert_eq!(told, "tensor a: it reaches beyond its storage", "{name}");
    }
    for name in ["self-referring", "nested"] {
        assert!(refused(&sample(&format!("{name}.pth.tar"))).starts_with("it holds no "), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wild.safetensors");
    for offsets in ["[0,18446744073709551615]", "[8,4]", "[1152921504606846976,1152921504606846980]"] {
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":[1],"data_offsets":{offsets}}}}}"#);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0; 16]);
        std::fs::write(&file, bytes).unwrap();
        assert!(!refused(&file).is_empty(), "{offsets}");
    }
}
