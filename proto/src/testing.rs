//! What a provider's own tests ask of it.

use crate::offer::Offer;
use crate::provider::Provider;

/// In what the models of a provider are not its schemas: each line names a type, and a field that only its model or only its schema
/// has. Write-only arguments may be left out of a model.
///
/// A misspelled field is an error when an object is read; a test asks for it before any is.
///
/// ```
/// # struct Mine;
/// # impl tfplugin::Provider for Mine {
/// #     type Clients = ();
/// #     const NAME: &'static str = "mine";
/// #     const SCHEMA: &'static tfplugin::Schema = &tfplugin::Schema::new("Nothing.");
/// #     fn resources(&self) -> Vec<Box<dyn tfplugin::AnyResource<()>>> { Vec::new() }
/// #     fn configure(&self, _: &tfplugin::Value, _: &str) -> Result<((), Vec<tfplugin::Diagnostic>), tfplugin::Diagnostic> {
/// #         Ok(((), Vec::new()))
/// #     }
/// # }
/// assert_eq!(tfplugin::testing::misfits(&Mine), [""; 0]);
/// ```
pub fn misfits<P: Provider>(provider: &P) -> Vec<String> {
    let mut found = Vec::new();
    provider.resources().iter().for_each(|one| tell(one.as_ref(), &mut found));
    provider.data_sources().iter().for_each(|one| tell(one.as_ref(), &mut found));
    provider.ephemerals().iter().for_each(|one| tell(one.as_ref(), &mut found));
    provider.actions().iter().for_each(|one| tell(one.as_ref(), &mut found));
    found
}

fn tell<T: Offer + ?Sized>(one: &T, found: &mut Vec<String>) {
    found.extend(one.misfits().into_iter().map(|what| format!("{}: {what}", one.name())));
}
