//! Makes the layouts of the table from lines such as `train/a/1.png`. What a line makes is told by its name; what stands behind
//! ` = ` says more (`2 of 7`: two IDX images of the value 7), and ` -> ` makes a link. Writes with libraries that the crate does not read with, where there are any.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{BrotliLevel, Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// A PNG of 2×2 pixels of the colour (`value`, 0, 0).
pub fn png(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_pixel(2, 2, image::Rgb([value, 0, 0]));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Makes `lines` below `root`. Images have the colour of their place in the list.
pub fn layout(root: &Path, lines: &[&str]) {
    for (i, line) in lines.iter().enumerate() {
        if let Some((link, target)) = line.split_once(" -> ") {
            std::os::unix::fs::symlink(target, made(root, link)).unwrap();
            continue;
        }
        let (name, content) = line.split_once(" = ").unwrap_or((line, ""));
        let path = made(root, name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else if name.ends_with(".tar") {
            tar(&path, content);
        } else if name.ends_with(".parquet") {
            parquet(&path, content);
        } else {
            fs::write(path, bytes(name, content, i as u8)).unwrap();
        }
    }
}

/// The path of `name`, in which `\xE9` is the byte, with its folders made.
fn made(root: &Path, name: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some(at) = rest.find("\\x") {
        bytes.extend(rest[..at].bytes());
        bytes.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap());
        rest = &rest[at + 4..];
    }
    bytes.extend(rest.bytes());
    let path = root.join(OsString::from_vec(bytes));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

fn bytes(name: &str, content: &str, value: u8) -> Vec<u8> {
    let is_image = [".png", ".jpg", ".JPEG", ".bmp"].iter().any(|end| name.ends_with(end));
    if name.contains("idx3") {
        let (count, value) =
            content.split_once(" of ").map_or((content, value), |(n, v)| (n, v.parse().unwrap()));
        let count: u32 = count.parse().unwrap();
        let header = [[0, 0, 8, 3], count.to_be_bytes(), [0, 0, 0, 2], [0, 0, 0, 2]].concat();
        return [header, vec![value; 4 * count as usize]].concat();
    }
    if name.contains("idx1") {
        let count: u32 = content.parse().unwrap();
        return [[0, 0, 8, 1], count.to_be_bytes()]
            .concat()
            .into_iter()
            .chain((0..count).map(|i| i as u8))
            .collect();
    }
    if name.ends_with(".bin") && content != "x" {
        let records: usize = content.parse().unwrap();
        let labels = if matches!(name.rsplit('/').next(), Some("train.bin" | "test.bin")) { 2 } else { 1 };
        return vec![1; records * (3072 + labels)];
    }
    if is_image && content.is_empty() {
        png(value)
    } else {
        content.replace("\\t", "\t").replace("\\n", "\n").into()
    }
}

/// Members, separated by spaces: `a/1.png` an image, `1.cls:7` a text, `b.png->a.png` a symbolic link, `b.png=>a.png` a hard
/// one, `a/` a folder, `s.png~` a sparse file.
fn tar(path: &Path, members: &str) {
    let mut archive = tar::Builder::new(fs::File::create(path).unwrap());
    for (i, member) in members.split_whitespace().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        let link = [("->", tar::EntryType::Symlink), ("=>", tar::EntryType::Link)]
            .into_iter()
            .find_map(|(arrow, kind)| member.split_once(arrow).map(|(name, target)| (name, target, kind)));
        if let Some((name, target, kind)) = link {
            header.set_entry_type(kind);
            header.set_size(0);
            archive.append_link(&mut header, name, target).unwrap();
            continue;
        }
        let (name, content) = match member.split_once(':') {
            Some((name, text)) => (name, text.as_bytes().to_vec()),
            None if member.ends_with(".png") => (member, png(i as u8)),
            None => (member, Vec::new()),
        };
        let kind = match member {
            _ if member.ends_with('/') => tar::EntryType::Directory,
            _ if member.ends_with('~') => tar::EntryType::GNUSparse,
            _ => tar::EntryType::Regular,
        };
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name.trim_end_matches('~'), &content[..]).unwrap();
    }
    archive.finish().unwrap();
}

/// Columns, separated by spaces: `image.bytes:image=1,2 label:int=0,-`, where `-` is null; `codec:brotli` packs them. An
/// `image` is a PNG of that value.
fn parquet(path: &Path, columns: &str) {
    let mut compression = Compression::UNCOMPRESSED;
    let mut fields: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for column in columns.split_whitespace() {
        match column.split_once(':').unwrap() {
            ("codec", "brotli") => compression = Compression::BROTLI(BrotliLevel::default()),
            ("codec", "lz4") => compression = Compression::LZ4_RAW,
            ("codec", "zstd") => compression = Compression::ZSTD(ZstdLevel::default()),
            (name, rest) => {
                let (kind, values) = rest.split_once('=').unwrap();
                fields.push((name, kind, values.split(',').filter(|value| !value.is_empty()).collect()));
            }
        }
    }
    let mut schema = String::from("message schema {");
    for (name, kind, _) in &fields {
        let kind = match *kind {
            "image" | "text" => "binary",
            "bool" => "boolean",
            "double" => "double",
            _ => "int64",
        };
        let mark =
            if fields.iter().any(|field| field.0 == *name && field.1 == "text") { " (UTF8)" } else { "" };
        schema += &match name.split_once('.') {
            Some((group, leaf)) => format!(" optional group {group} {{ optional {kind} {leaf}{mark}; }}"),
            None => format!(" optional {kind} {name}{mark};"),
        };
    }
    let schema = Arc::new(parse_message_type(&(schema + " }")).unwrap());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (name, kind, values) in &fields {
        let full = if name.contains('.') { 2 } else { 1 };
        let levels: Vec<i16> =
            values.iter().map(|&value| if value == "-" { full - 1 } else { full }).collect();
        let present = || values.iter().filter(|&&value| value != "-");
        match *kind {
            "image" => {
                let bytes: Vec<ByteArray> =
                    present().map(|v| ByteArray::from(png(v.parse().unwrap()))).collect();
                column::<ByteArrayType>(&mut group, &bytes, &levels);
            }
            "text" => column::<ByteArrayType>(
                &mut group,
                &present().map(|v| ByteArray::from(*v)).collect::<Vec<_>>(),
                &levels,
            ),
            "bool" => {
                column::<BoolType>(&mut group, &present().map(|v| *v == "true").collect::<Vec<_>>(), &levels);
            }
            "double" => column::<DoubleType>(
                &mut group,
                &present().map(|v| v.parse().unwrap()).collect::<Vec<_>>(),
                &levels,
            ),
            _ => column::<Int64Type>(
                &mut group,
                &present().map(|v| v.parse().unwrap()).collect::<Vec<_>>(),
                &levels,
            ),
        }
    }
    group.close().unwrap();
    writer.close().unwrap();
}

fn column<T: DataType>(group: &mut SerializedRowGroupWriter<'_, fs::File>, values: &[T::T], levels: &[i16]) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, Some(levels), None).unwrap();
    column.close().unwrap();
}
