//! The user's own networks: each is an architecture of a space that holds these and no others.
//!
//! They are read from JSON ([`Networks::read`]), in the form that `docs/network.md` describes. An architecture is written as the name of
//! its network. The canonical form is the [live part](Network::live_part); layers keep their names, which key their weights.

#[cfg(test)]
mod tests;

use super::{Arch, Enumerable, SearchSpace, network_key};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use zeronas_datasets::sha256_hex;
use zeronas_proxies::network::{Form, Network, Shape};

/// The name of such a space.
pub const NAME: &str = "network";

/// Networks that take the same images and have the same number of classes.
pub struct Networks {
    members: Vec<Member>,
    /// The place of each network in `members`.
    places: HashMap<Arch, usize>,
    classes: usize,
    input: Shape,
    fingerprint: String,
}

struct Member {
    arch: Arch,
    written: Network,
    live: Option<Network>,
    key: Option<String>,
}

impl Networks {
    /// Reads the networks of these JSON files; one without a `name` is called like its file, without the extension.
    ///
    /// # Errors
    /// Names the file, and the layer in it, at fault.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let read = |path: &PathBuf| {
            let text = std::fs::read(path).map_err(Error::io(path, "cannot be read"))?;
            Ok((text, Some(path.clone())))
        };
        Networks::of(&paths.iter().map(read).collect::<Result<Vec<_>>>()?)
    }

    /// Reads the networks of these JSON texts; one without a `name` is called `network` followed by its place, from 1.
    ///
    /// # Errors
    /// Names the network, and the layer in it, at fault.
    pub fn parse(texts: &[impl AsRef<str>]) -> Result<Self> {
        Networks::of(&texts.iter().map(|text| (text.as_ref(), None)).collect::<Vec<_>>())
    }

    /// Reads the networks of these JSON texts, each with the file it comes from, if any.
    ///
    /// # Errors
    /// As [`Networks::read`] and [`Networks::parse`].
    pub fn of(texts: &[(impl AsRef<[u8]>, Option<PathBuf>)]) -> Result<Self> {
        let parse = |(i, (text, file)): (usize, &(_, Option<PathBuf>))| {
            let place = file.clone().unwrap_or_else(|| format!("network{}", i + 1).into());
            let name = if file.is_some() { place.file_stem().unwrap_or_default() } else { place.as_os_str() };
            from_json(AsRef::as_ref(text), &name.to_string_lossy()).map_err(|reason| Error::file(&place, reason))
        };
        Networks::new(texts.iter().enumerate().map(parse).collect::<Result<_>>()?)
    }

    /// Makes a space of these networks, with their names.
    ///
    /// # Errors
    /// If there are none, two have the same name, or they differ in the images they take or in their number of classes.
    pub fn new(named: Vec<(String, Network)>) -> Result<Self> {
        let at_fault = |name: &str, reason: String| Error::setting("network", format!("`{name}` {reason}"));
        let Some((_, first)) = named.first() else {
            return Err(Error::setting("network", "there is no network"));
        };
        let (shape, classes) = (first.input_shape(), first.classes());
        let mut texts: Vec<String> = Vec::with_capacity(named.len());
        let mut places: HashMap<Arch, usize> = HashMap::with_capacity(named.len());
        let mut members: Vec<Member> = Vec::with_capacity(named.len());
        for (name, net) in named {
            let takes = net.input_shape();
            if (takes, net.classes()) != (shape, classes) {
                let (own, others) = (net.classes(), format!("the first network takes {shape} and has {classes}"));
                return Err(at_fault(&name, format!("takes {takes} and has {own} classes, {others}")));
            }
            let arch = Arch(name.as_str().into());
            if places.insert(arch.clone(), members.len()).is_some() {
                return Err(at_fault(&name, "is there twice".into()));
            }
            texts.push(json_of(&net, Some(&name))?);
            let live = net.live_part()?;
            let key = live.as_ref().map(network_key).transpose()?;
            members.push(Member { arch, written: net, live, key });
        }
        let fingerprint = sha256_hex(texts.iter().map(String::as_bytes));
        Ok(Networks { members, places, classes, input: shape, fingerprint })
    }

    fn member(&self, arch: &Arch) -> Result<&Member> {
        let unknown = || Error::Architecture { text: arch.to_string(), reason: "no network is called so".into() };
        self.places.get(arch).map(|&place| &self.members[place]).ok_or_else(unknown)
    }
}

/// A network's JSON, as [`Networks::read`] reads it.
pub fn json_of(net: &Network, name: Option<&str>) -> Result<String> {
    serde_json::to_string(&Form::of(net, name)?).map_err(|error| Error::Internal(error.to_string()))
}

/// Reads a network and its name, by default `name`; an error says what is wrong with the text.
fn from_json(text: &[u8], name: &str) -> std::result::Result<(String, Network), String> {
    let form: Form = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let net = form.network().map_err(|error| error.to_string())?;
    Ok((form.name.unwrap_or_else(|| name.into()), net))
}

impl SearchSpace for Networks {
    fn name(&self) -> &str {
        NAME
    }

    fn macro_settings(&self) -> Map<String, Value> {
        let input = match super::is_picture(self.input) {
            true => ("resolution", json!(self.input.height)),
            false => ("input", json!(self.input.to_string())),
        };
        let settings = [("classes", json!(self.classes)), input, ("networks_sha256", json!(self.fingerprint))];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn input(&self) -> Shape {
        self.input
    }

    /// Reads the name of one of the networks.
    fn read(&self, text: &str) -> Result<Arch> {
        Ok(self.member(&Arch(text.into()))?.arch.clone())
    }

    /// Reads the text as it is, with anything around it: names may be any text.
    fn parse(&self, text: &str) -> Result<Arch> {
        self.read(text)
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    /// SHA-256 of the live part.
    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(self.member(arch)?.key.clone())
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        Ok(self.member(arch)?.written.clone())
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        Ok(self.member(arch)?.live.clone())
    }
}

/// Numbers the networks in the order in which they were given.
impl Enumerable for Networks {
    fn size(&self) -> u128 {
        self.members.len() as u128
    }

    fn nth(&self, index: u128) -> Arch {
        self.members[index as usize].arch.clone()
    }
}
