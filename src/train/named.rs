//! Recipes by name: those of the benchmarks, a quick one, and one for few images.

use crate::recipe::{NamedRecipe, QUICK, Recipe, SMALL};
use crate::space;
use serde::{Serialize, Serializer};
use zeronas_datasets::ValidSplit;

/// The name of an existing recipe.
#[derive(Clone, Copy, Debug)]
pub struct RecipeName(&'static NamedRecipe);

impl RecipeName {
    /// The quick one.
    pub const QUICK: RecipeName = RecipeName(&QUICK);

    /// The one for few images.
    pub const SMALL: RecipeName = RecipeName(&SMALL);

    /// All recipes.
    pub fn all() -> impl Iterator<Item = RecipeName> {
        space::all().flat_map(|benchmark| benchmark.recipes).chain([&QUICK, &SMALL]).map(RecipeName)
    }

    /// Finds a recipe by its name.
    pub fn find(name: &str) -> Option<RecipeName> {
        RecipeName::all().find(|recipe| recipe.name() == name)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        self.0.about
    }

    /// The recipe.
    pub fn recipe(self) -> Recipe {
        self.0.recipe.clone()
    }

    /// Where the recipe's validation images come from.
    pub fn valid_split(self) -> ValidSplit {
        self.0.valid_split.clone()
    }
}

impl PartialEq for RecipeName {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for RecipeName {}

impl Serialize for RecipeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_of_one_recipe() {
        let names: Vec<&str> = RecipeName::all().map(RecipeName::name).collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert_eq!(RecipeName::find(name).unwrap().name(), *name);
        }
        assert_eq!(RecipeName::find("slow"), None);
    }
}
