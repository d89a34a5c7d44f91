//! The engine on `cuda:N` where there is no GPU, through a counterfeit of libtorch's CUDA library (`tests/counterfeit`), and
//! that the counterfeit refuses what a GPU refuses: otherwise the rest would prove nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]
#![expect(unsafe_code, reason = "one test reads where nobody may")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;

use tch::{Kind, Tensor};
use vitals_engine::Device;
use vitals_fixtures::path;

const CARDS: [tch::Device; 2] = [tch::Device::Cuda(0), tch::Device::Cuda(1)];

fn open() {
    vitals_counterfeit::open();
    vitals_engine::set_threads(1);
    assert_eq!(tch::Cuda::device_count(), 2);
}

fn numbers(shape: &[i64], device: tch::Device) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|index| (index as f32 * 0.7).sin()).collect();
    Tensor::from_slice(&values).view(shape).to_device(device)
}

/// A count of this process.
fn count(name: &str) -> u64 {
    let counts = vitals_counterfeit::counts();
    let counts: serde_json::Value = serde_json::from_str(&counts).unwrap();
    counts[name].as_u64().unwrap()
}

/// Every trajectory of the reference, on one card and the other.
#[test]
fn fixtures_are_replayed_on_cards() {
    open();
    let out = tempfile::tempdir().unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for family in ["mocov3-parity", "mocov3-variants"] {
        for entry in std::fs::read_dir(path(family)).unwrap() {
            let fixture: PathBuf = entry.unwrap().path();
            if !fixture.join("config.json").is_file() {
                continue;
            }
            let out = out.path().join(format!("{seen}"));
            vitals_engine::parity::run(Device::Cuda(seen % 2), &fixture, &out).unwrap();
            let (is_right, words) = vitals_fixtures::compare(&fixture, &out);
            if !is_right {
                wrong.push(format!("{}: {words}", fixture.display()));
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty() && seen > 4, "of {seen}: {wrong:#?}");
}

#[test]
fn operands_on_two_devices_are_refused() {
    open();
    let [first, second] = CARDS.map(|device| numbers(&[4, 4], device));
    let host = numbers(&[4, 4], tch::Device::Cpu);
    let weights = numbers(&[4], CARDS[0]);
    for (what, found) in [
        ("two cards", first.f_add(&second)),
        ("a card and the host", first.f_add(&host)),
        ("the host and a card", host.f_mm(&first)),
        ("a product", first.f_mm(&second)),
        ("in place", first.shallow_clone().f_mul_(&second)),
        ("a list", Tensor::f_cat(&[&first, &host], 0)),
        ("a list of cards", Tensor::f_stack(&[&first, &second], 0)),
        ("weights of a layer", second.f_layer_norm([4], Some(&weights), None::<&Tensor>, 1e-6, true)),
        ("a bias", first.f_linear(&first, Some(&numbers(&[4], tch::Device::Cpu)))),
        (
            "a place to write to",
            host.f_sum_dim_intlist([0i64].as_slice(), false, None)
                .and_then(|sum| first.f_sum_intlist_out(&sum, [0i64].as_slice(), false, None)),
        ),
        ("indices", first.f_gather(1, &Tensor::zeros([4, 1], (Kind::Int64, CARDS[1])), false)),
        ("a scalar of the host in a product", first.f_dot(&Tensor::from(1.0f32))),
    ] {
        let words = found.expect_err(what).to_string();
        assert!(words.contains("on the same device") || words.contains("1D tensors"), "{what}: {words}");
    }
}

#[test]
fn views_copies_and_numbers_go_where_they_should() {
    open();
    for device in CARDS {
        let square = numbers(&[4, 6], device);
        let plain = numbers(&[4, 6], tch::Device::Cpu);
        assert_eq!(square.device(), device);
        // A number of the host is an argument of a kernel.
        assert_eq!((&square * Tensor::from(2.0f32)).device(), device);
        // Writing through a view writes what it is a view of.
        let _ = square.transpose(0, 1).narrow(0, 1, 2).fill_(7.0);
        let _ = plain.transpose(0, 1).narrow(0, 1, 2).fill_(7.0);
        let _ = square.view([2, 12]).select(0, 1).f_add_(&square.view([24]).slice(0, 0, 12, 1)).unwrap();
        let _ = plain.view([2, 12]).select(0, 1).f_add_(&plain.view([24]).slice(0, 0, 12, 1)).unwrap();
        assert_eq!(square.to_device(tch::Device::Cpu), plain);
        // What grows keeps its card.
        let mut grown = Tensor::empty([0], (Kind::Float, device));
        grown = Tensor::f_cat_out(&grown, &[&square.view([24]), &square.view([24])], 0).unwrap();
        assert_eq!((grown.device(), grown.size()), (device, vec![48]));
        assert_eq!(grown.narrow(0, 24, 24).view([4, 6]).to_device(tch::Device::Cpu), plain);
        // From card to card.
        assert_eq!(square.to_device(CARDS[0]).to_device(CARDS[1]).to_device(tch::Device::Cpu), plain);
    }
}

/// Gradients of what training is made of, against the CPU's.
#[test]
fn gradients_are_those_of_the_cpu() {
    open();
    let gradients = |device: tch::Device, kind: Kind| -> Vec<Tensor> {
        let leaf = |shape: &[i64]| numbers(shape, device).to_kind(kind).set_requires_grad(true);
        let (images, kernel) = (leaf(&[2, 3, 8, 8]), leaf(&[8, 3, 4, 4]));
        let tokens =
            images.conv2d(&kernel, None::<&Tensor>, [4, 4], [0, 0], [1, 1], 1).flatten(2, 3).transpose(1, 2);
        let heads = tokens.reshape([2, 4, 1, 8]).transpose(1, 2);
        let mixed = Tensor::scaled_dot_product_attention(
            &heads,
            &heads,
            &heads,
            None::<&Tensor>,
            0.0,
            false,
            None,
            false,
        );
        let mixed = mixed.transpose(1, 2).reshape([8, 8]).layer_norm(
            [8],
            None::<&Tensor>,
            None::<&Tensor>,
            1e-6,
            true,
        );
        let logits = mixed.gelu("none").mm(&mixed.transpose(0, 1));
        let loss = logits.cross_entropy_for_logits(&Tensor::arange(8, (Kind::Int64, device)));
        Tensor::run_backward(&[loss], &[&images, &kernel], false, false)
    };
    for kind in [Kind::Float, Kind::BFloat16] {
        let expected = gradients(tch::Device::Cpu, kind);
        for device in CARDS {
            for (found, expected) in gradients(device, kind).iter().zip(&expected) {
                assert_eq!(found.device(), device);
                let distance = (found.to_device(tch::Device::Cpu) - expected).abs().max().double_value(&[]);
                let bound = if kind == Kind::Float { 1e-5 } else { 3e-2 };
                assert!(distance <= bound * expected.abs().max().double_value(&[]), "{kind:?} {distance}");
            }
        }
    }
}

#[test]
fn waits_and_uploads_are_counted() {
    open();
    let costs = |name: &str, work: &dyn Fn()| {
        let before = count(name);
        work();
        count(name) - before
    };
    let device = CARDS[0];
    let square = numbers(&[4, 4], device);
    let bytes = Tensor::ones([64], (Kind::Uint8, tch::Device::Cpu));
    assert_eq!(costs("host_reads", &|| assert!(square.sum(None).double_value(&[]).is_finite())), 1);
    assert_eq!(costs("host_reads", &|| drop(square.to_device(tch::Device::Cpu))), 1);
    assert_eq!(costs("host_reads", &|| tch::Cuda::synchronize(0)), 1);
    assert_eq!(costs("host_reads", &|| drop(square.nonzero())), 1);
    assert_eq!(costs("host_reads", &|| drop(square.relu().mm(&square))), 0);
    assert_eq!(costs("launches", &|| drop(square.relu().mm(&square))), 2);
    assert_eq!(costs("launches", &|| drop(square.transpose(0, 1).view([1, 4, 4]).select(0, 0))), 0);
    assert_eq!(costs("uploads", &|| drop(bytes.to_device(device))), 1);
    assert_eq!(costs("uploaded_bytes", &|| drop(bytes.to_device(device))), 64);
    let pinned = bytes.pin_memory(device);
    let upload = || drop(pinned.to_device_(device, Kind::Uint8, true, false));
    assert_eq!((costs("uploads", &upload), costs("async_uploads", &upload)), (0, 1));
}

/// What a card has not written yet reads as no number, and what is still on its way to one may not change.
#[test]
fn copies_that_nobody_waits_for_are_not_there_yet() {
    open();
    let square = numbers(&[4, 4], CARDS[0]);
    let expected = numbers(&[4, 4], tch::Device::Cpu);
    let download = |waits: bool| square.to_device_(tch::Device::Cpu, Kind::Float, !waits, false);
    assert_eq!(download(true), expected);
    let early = download(false);
    assert!(early.double_value(&[1, 1]).is_nan());
    tch::Cuda::synchronize(0);
    assert_eq!(early, expected);
    let costs = [count("host_reads"), count("async_reads")];
    drop(download(false));
    assert_eq!([count("host_reads"), count("async_reads")], [costs[0], costs[1] + 1]);

    let upload = |spoil: bool| {
        let mut above = Tensor::zeros([4, 4], (Kind::Float, tch::Device::Cpu)).pin_memory(CARDS[0]);
        let there = above.to_device_(CARDS[0], Kind::Float, true, false);
        if spoil {
            let _ = above.fill_(1.0);
        }
        there.f_sum(Kind::Float).and_then(|sum| sum.f_double_value(&[]))
    };
    assert_eq!(upload(false).unwrap(), 0.0);
    let words = upload(true).unwrap_err().to_string();
    assert!(words.contains("changed before the copy"), "{words}");
}

/// As on a card, where the address means nothing to the processor.
#[test]
fn a_host_that_reads_device_memory_dies() {
    const MARK: &str = "VITALS_TEST_READS_DEVICE_MEMORY";
    if std::env::var_os(MARK).is_some() {
        open();
        let square = numbers(&[4, 4], CARDS[0]);
        // What a careless conversion does: the bytes of a tensor, taken where it says that they are.
        let place = square.data_ptr().cast::<u8>();
        // SAFETY: there is none; that the process ends here is what is tested.
        let byte = unsafe { std::ptr::read_volatile(place) };
        println!("{byte}");
        return;
    }
    let me = std::env::current_exe().unwrap();
    let status = Command::new(me)
        .args(["--exact", "a_host_that_reads_device_memory_dies"])
        .env(MARK, "1")
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(11), "{status}");
}
