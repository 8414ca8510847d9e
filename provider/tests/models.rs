//! Every type's model has the fields of its schema: a misspelled one is found here, and not by a user.

use provider::provider::PowerAutomate;

#[test]
fn every_model_has_the_fields_of_its_schema() {
    assert_eq!(tfplugin::testing::misfits(&PowerAutomate), [""; 0]);
}
