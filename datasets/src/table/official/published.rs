//! Data that benchmarks publish beside their official files: JSON, alone, in folders or in archives, and numbers written by
//! `torch.save`.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::torch::pickle_error;
use super::torch::with_pickle;
use crate::pickle::{Far, Value, unpickle};
use crate::{Error, Result};

/// Maximum number of bytes read from one path, after decompression.
const MOST_BYTES: u64 = 4 << 30;

/// A file, or one of those in a folder or an archive.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, including the folders that contain it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Returns the files at a path, sorted by name: the file itself, the `.json` files below a folder, or the files in a ZIP or tar
/// archive; a file or tar archive may be compressed by gzip. The content determines the format.
///
/// # Errors
/// If something cannot be read, an archive is damaged, or there are more than 4 GiB.
pub fn members(path: &Path) -> Result<Vec<Member>> {
    let mut room = MOST_BYTES;
    let mut members = if path.is_dir() {
        json_files(path)?.into_iter().map(|file| member(path, &file, &mut room)).collect::<Result<Vec<_>>>()?
    } else {
        let file = member(path.parent().unwrap_or(path), path, &mut room)?;
        match &file.bytes[..] {
            [b'P', b'K', 3, 4, ..] => zipped(path, &file.bytes, &mut room)?,
            [0x1f, 0x8b, ..] => {
                let bytes = limited(path, MultiGzDecoder::new(&file.bytes[..]), "gzip data", &mut room)?;
                let name = file.name.strip_suffix(".gz").unwrap_or(&file.name).to_owned();
                if is_tar(&bytes) { untarred(path, &bytes)? } else { vec![Member { name, bytes }] }
            }
            bytes if is_tar(bytes) => untarred(path, bytes)?,
            _ => vec![file],
        }
    };
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

fn read_error(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<'_> {
    move |source| Error::Read { path: path.to_owned(), source }
}

fn too_much(path: &Path) -> Error {
    Error::damaged(path, "its content", format!("is more than {} GiB unpacked", MOST_BYTES >> 30))
}

fn member(folder: &Path, file: &Path, room: &mut u64) -> Result<Member> {
    let size = fs::metadata(file).map_err(read_error(file))?.len();
    *room = room.checked_sub(size).ok_or_else(|| too_much(file))?;
    let bytes = fs::read(file).map_err(read_error(file))?;
    let name = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned();
    Ok(Member { name, bytes })
}

/// Returns the files below a folder that end in `.json`.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(read_error(&folder))? {
            let entry = entry.map_err(read_error(&folder))?;
            let kind = entry.file_type().map_err(read_error(&folder))?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Reads all bytes of a reader, if there is room for them.
fn limited(path: &Path, reader: impl Read, what: &'static str, room: &mut u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(*room + 1).read_to_end(&mut bytes).map_err(|error| Error::damaged(path, what, error))?;
    *room = room.checked_sub(bytes.len() as u64).ok_or_else(|| too_much(path))?;
    Ok(bytes)
}

fn zipped(path: &Path, bytes: &[u8], room: &mut u64) -> Result<Vec<Member>> {
    let damaged = |error| Error::damaged(path, "ZIP archive", error);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut members = Vec::new();
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(damaged)?;
        if file.is_file() {
            let name = file.name().map_err(damaged)?.into_owned();
            members.push(Member { name, bytes: limited(path, file, "ZIP archive", room)? });
        }
    }
    Ok(members)
}

/// Size of a block in a tar archive.
const BLOCK: usize = 512;

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262).is_some_and(|magic| magic == b"ustar")
}

/// Returns the regular files of a tar archive.
fn untarred(path: &Path, bytes: &[u8]) -> Result<Vec<Member>> {
    let damaged = |reason: &str| Error::damaged(path, "tar archive", reason.to_owned());
    let text = |field: &[u8]| {
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).into_owned()
    };
    let mut members = Vec::new();
    let mut rest = bytes;
    // A block of zeros ends the archive.
    while let Some((header, behind)) = rest.split_at_checked(BLOCK).filter(|(header, _)| header[0] != 0) {
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8);
        let size = size.map_err(|_| damaged("the size of a file is no octal number"))?;
        let content = behind.get(..size).ok_or_else(|| damaged("ends within a file"))?;
        if matches!(header[156], b'0' | 0) {
            let (folder, name) = (text(&header[345..500]), text(&header[..100]));
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            members.push(Member { name, bytes: content.to_vec() });
        }
        rest = behind.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
    }
    Ok(members)
}

/// Reads the numbers of a list written by `torch.save`.
///
/// # Errors
/// If the file is in neither of its formats, or holds something else.
pub fn saved_numbers(path: &Path) -> Result<Vec<f64>> {
    let file = fs::File::open(path).map_err(read_error(path))?;
    with_pickle(path, file, |pickle| {
        let read = unpickle(pickle, &Far::default(), &mut ());
        let (heap, value) = read.map_err(|fault| pickle_error(path, fault))?;
        let number = |value: &Value| match value {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as f64),
            _ => None,
        };
        let numbers = value.and_then(|value| heap.list(value)?.iter().map(number).collect());
        numbers.ok_or_else(|| Error::damaged(path, "its pickle", "is no list of numbers"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// A tar archive of these files.
    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (name, text) in files {
            let mut header = [0; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
            header[156] = if text.is_empty() { b'5' } else { b'0' };
            header[257..262].copy_from_slice(b"ustar");
            archive.extend(header);
            archive.extend(text.as_bytes());
            archive.resize(archive.len().next_multiple_of(BLOCK), 0);
        }
        archive.extend([0; 2 * BLOCK]);
        archive
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Vec<(String, String)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let text = |member: Member| (member.name, String::from_utf8(member.bytes).unwrap());
        Ok(members(&path)?.into_iter().map(text).collect())
    }

    #[test]
    fn files_come_out_of_any_packing() {
        let archive = tar(&[("d/", ""), ("d/b.json", "[2]"), ("d/a.json", "[1]")]);
        let both = [("d/a.json".to_owned(), "[1]".to_owned()), ("d/b.json".to_owned(), "[2]".to_owned())];
        assert_eq!(read("x.tar", &archive).unwrap(), both);
        assert_eq!(read("x", &gzipped(&archive)).unwrap(), both);
        let one = [("x.json".to_owned(), "[1]".to_owned())];
        assert_eq!(read("x.json", b"[1]").unwrap(), one);
        assert_eq!(read("x.json.gz", &gzipped(b"[1]")).unwrap(), one);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("d")).unwrap();
        for (name, text) in &both {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::write(folder.path().join("d/notes.txt"), "-").unwrap();
        let names: Vec<String> = members(folder.path()).unwrap().into_iter().map(|member| member.name).collect();
        assert_eq!(names, ["d/a.json", "d/b.json"]);
    }

    #[test]
    fn damage_is_told() {
        let archive = tar(&[("a.json", &"1".repeat(600))]);
        for (bytes, words) in [
            (archive[..900].to_vec(), "ends within a file"),
            ([&archive[..124], b"not a number", &archive[136..]].concat(), "no octal number"),
            (b"PK\x03\x04".to_vec(), "ZIP archive"),
            (gzipped(b"[1]")[..12].to_vec(), "gzip data"),
        ] {
            let error = read("x", &bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn numbers_that_torch_saved_are_read() {
        // torch.save([1.5, 2]) as a ZIP archive: pickle protocol 2, a list with a float and an integer.
        let pickle = b"\x80\x02]q\x00(G\x3f\xf8\x00\x00\x00\x00\x00\x00K\x02e.";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pt");
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        zip.start_file("archive/data.pkl", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(pickle).unwrap();
        zip.finish().unwrap();
        assert_eq!(saved_numbers(&path).unwrap(), [1.5, 2.0]);
        fs::write(&path, b"PK").unwrap();
        assert!(saved_numbers(&path).is_err());
    }
}
