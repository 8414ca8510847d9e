//! The tables that the sandbox knows, column by column.
//!
//! From the table reference, e.g.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/credential>; columns of types that
//! a table of ours would have to lead to (images, networks) are left out, and so are refused by name. A lookup may lead to
//! a table that is not here: it is read as null, and nothing can be bound to it.

use super::tables::{Choice, Collection, Column, Fallback, Kind, Ownership, Required, Table};

const VARIABLE: &[&str] = &["environmentvariabledefinition"];
const USER: &[&str] = &["systemuser"];

const STATES: &[Choice] = &[(0, "Active"), (1, "Inactive")];
const STATUSES: &[(i64, &str, i64)] = &[(1, "Active", 0), (2, "Inactive", 1)];

/// What every row carries that people work with.
const SYSTEM: &[Column] = &[
    Column::date_time("createdon").read_only(),
    Column::date_time("modifiedon").read_only(),
    Column::lookup("createdby", USER).read_only(),
    Column::lookup("modifiedby", USER).read_only(),
    Column::lookup("createdonbehalfby", USER).read_only(),
    Column::lookup("modifiedonbehalfby", USER).read_only(),
    Column::of_kind("versionnumber", Kind::Big).read_only(),
    Column::integer("importsequencenumber").create_only(),
    Column::date_time("overriddencreatedon").read_only(),
    Column::integer("timezoneruleversionnumber"),
    Column::integer("utcconversiontimezonecode"),
];

const STATEFUL: &[Column] = &[
    Column::of_kind("statecode", Kind::State(STATES)).required(Required::System).default(Fallback::Number(0)),
    Column::of_kind("statuscode", Kind::Status(STATUSES)).default(Fallback::Number(1)),
];

const OWNED: &[Column] = &[
    Column::lookup("ownerid", USER).required(Required::System),
    Column::lookup("owninguser", USER).read_only(),
    Column::lookup("owningbusinessunit", &["businessunit"]).read_only(),
    Column::lookup("owningteam", &["team"]).read_only(),
];

/// What a row carries that may be part of a solution.
const COMPONENT: &[Column] = &[
    Column::choice(
        "componentstate",
        &[(0, "Published"), (1, "Unpublished"), (2, "Deleted"), (3, "Deleted Unpublished")],
    )
    .read_only()
    .default(Fallback::Number(0)),
    Column::guid("componentidunique").read_only(),
    Column::flag("ismanaged", false).read_only(),
    Column::of_kind("iscustomizable", Kind::Managed),
    Column::date_time("overwritetime").read_only(),
    Column::guid("solutionid").read_only(),
    Column::guid("supportingsolutionid").read_only(),
];

/// Every table, in the order of the chain.
pub(crate) const TABLES: &[Table] = &[
    Table {
        logical: "environmentvariabledefinition",
        schema: "EnvironmentVariableDefinition",
        set: "environmentvariabledefinitions",
        label: "Environment Variable Definition",
        id: "environmentvariabledefinitionid",
        name: "schemaname",
        ownership: Ownership::User,
        writable: true,
        columns: &[
            &[
                Column::id("environmentvariabledefinitionid"),
                Column::text("schemaname", 100).required(Required::System),
                Column::text("displayname", 100).required(Required::Application),
                Column::choice(
                    "type",
                    &[
                        (100_000_000, "String"),
                        (100_000_001, "Number"),
                        (100_000_002, "Boolean"),
                        (100_000_003, "JSON"),
                        (100_000_004, "Data Source"),
                        (100_000_005, "Secret"),
                    ],
                )
                .required(Required::Application)
                .default(Fallback::Number(100_000_000)),
                Column::choice("secretstore", &[(0, "Azure Key Vault"), (1, "Microsoft Dataverse")])
                    .default(Fallback::Number(0)),
                Column::memo("defaultvalue", 2000),
                Column::memo("description", 2000),
                Column::flag("isrequired", false).required(Required::Application),
                Column::memo("valueschema", 2000),
                Column::memo("hint", 2000),
                Column::memo("inputcontrolconfig", 10_000),
                Column::text("learnmoreurl", 2000),
                Column::text("apiid", 150),
                Column::text("parameterkey", 150),
                Column::text("introducedversion", 48).default(Fallback::Text("1.0.0.0")),
                Column::navigated("parentdefinitionid", "ParentDefinitionId", VARIABLE),
            ],
            STATEFUL,
            OWNED,
            COMPONENT,
            SYSTEM,
        ],
        collections: &[Collection {
            nav: "environmentvariabledefinition_environmentvariablevalue",
            table: "environmentvariablevalue",
            column: "environmentvariabledefinitionid",
        }],
        object_type_code: 380,
    },
    Table {
        logical: "environmentvariablevalue",
        schema: "EnvironmentVariableValue",
        set: "environmentvariablevalues",
        label: "Environment Variable Value",
        id: "environmentvariablevalueid",
        name: "schemaname",
        ownership: Ownership::Parent("environmentvariabledefinitionid"),
        writable: true,
        columns: &[
            &[
                Column::id("environmentvariablevalueid"),
                Column::text("schemaname", 100).required(Required::Application),
                Column::memo("value", 2000),
                Column::text("introducedversion", 48).default(Fallback::Text("1.0.0.0")),
                Column::navigated("environmentvariabledefinitionid", "EnvironmentVariableDefinitionId", VARIABLE)
                    .required(Required::System),
            ],
            STATEFUL,
            COMPONENT,
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 381,
    },
    Table {
        logical: "credential",
        schema: "credential",
        set: "credentials",
        label: "Credential",
        id: "credentialid",
        name: "name",
        ownership: Ownership::User,
        writable: true,
        columns: &[
            &[
                Column::id("credentialid"),
                Column::text("name", 100).required(Required::Application),
                Column::memo("description", 100_000),
                Column::choice("credentialtype", &[(1, "SingleCredential"), (2, "ListOfCredentials")])
                    .required(Required::Application),
                Column::choice(
                    "connectiontype",
                    &[
                        (1, "UsernamePassword"),
                        (2, "UsernamePasswordList"),
                        (3, "UsernamePasswordListWithGroupMapping"),
                        (4, "CyberArkIdentity"),
                        (5, "CertificateBasedAuthentication"),
                        (6, "MachineMapping"),
                        (7, "ConnectionReference"),
                    ],
                )
                .required(Required::Application),
                Column::of_kind(
                    "usagetype",
                    Kind::Choices(&[
                        (280_920_000, "Connection"),
                        (280_920_001, "DesktopScript"),
                        (280_920_002, "Network"),
                        (280_920_003, "Cua"),
                    ]),
                )
                .required(Required::Application)
                .default(Fallback::Text("280920000")),
                Column::lookup("username", VARIABLE),
                Column::lookup("password", VARIABLE),
                Column::lookup("certificate", VARIABLE),
                Column::lookup("cyberarksafe", VARIABLE),
                Column::lookup("cyberarkobject", VARIABLE),
                Column::lookup("cyberarkusername", VARIABLE),
                Column::text("cyberarkapplicationid", 100),
                Column::lookup("defaultcredential", &["credential"]),
                Column::lookup("connectionreference", &["connectionreference"]),
                Column::memo("logincontext", 100_000),
                Column::memo("credentials", 100_000),
                Column::memo("groupmapping", 100_000),
            ],
            STATEFUL,
            OWNED,
            COMPONENT,
            SYSTEM,
        ],
        collections: &[Collection {
            nav: "credential_credential_defaultcredential",
            table: "credential",
            column: "defaultcredential",
        }],
        object_type_code: 10_196,
    },
    Table {
        logical: "flowmachinegroup",
        schema: "flowmachinegroup",
        set: "flowmachinegroups",
        label: "Flow Machine Group",
        id: "flowmachinegroupid",
        name: "name",
        ownership: Ownership::User,
        writable: false,
        columns: &[
            &[
                Column::id("flowmachinegroupid"),
                Column::text("name", 100).required(Required::Application),
                Column::memo("description", 2000),
                Column::choice(
                    "flowgrouptype",
                    &[(545_940_000, "Keyless"), (545_940_001, "Standard"), (545_940_002, "Default")],
                )
                .default(Fallback::Number(545_940_001)),
                Column::choice("managementtype", &[(0, "Customer"), (1, "Managed")]).default(Fallback::Number(0)),
                Column::choice(
                    "provisioningstate",
                    &[(0, "Created"), (1, "Provisioning"), (2, "Provisioned"), (3, "Error")],
                )
                .default(Fallback::Number(2)),
                Column::memo("provisioningerror", 2000),
                Column::choice("domainsetting", &[(0, "None"), (1, "AadJoined")]).default(Fallback::Number(0)),
                Column::integer("maxmanagedmachinecount"),
                Column::flag("trytoreusewindowssession", false),
            ],
            STATEFUL,
            OWNED,
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 10_170,
    },
    Table {
        logical: "flowmachine",
        schema: "flowmachine",
        set: "flowmachines",
        label: "Flow Machine",
        id: "flowmachineid",
        name: "name",
        ownership: Ownership::User,
        writable: false,
        columns: &[
            &[
                Column::id("flowmachineid"),
                Column::text("name", 100).required(Required::Application),
                Column::memo("description", 2000),
                Column::lookup("flowmachinegroupid", &["flowmachinegroup"]).required(Required::System),
                Column::text("agentversion", 100),
                Column::choice("hostingtype", &[(0, "Customer"), (1, "Hosted"), (2, "CloudPc")])
                    .default(Fallback::Number(0)),
                Column::integer("hostedmachinestate"),
                Column::date_time("lastheartbeatdate"),
                Column::choice("keydeliverystatus", &[(1, "Default"), (2, "PendingNewKey"), (3, "KeyExpired")])
                    .default(Fallback::Number(1)),
                Column::memo("connectivityconfiguration", 100_000),
                Column::integer("sessioncapacity"),
            ],
            STATEFUL,
            OWNED,
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 10_169,
    },
    Table {
        logical: "systemuser",
        schema: "SystemUser",
        set: "systemusers",
        label: "User",
        id: "systemuserid",
        name: "fullname",
        ownership: Ownership::Organization,
        writable: false,
        columns: &[
            &[
                Column::id("systemuserid"),
                Column::text("fullname", 200),
                Column::text("domainname", 1024),
                Column::text("internalemailaddress", 100),
                Column::guid("azureactivedirectoryobjectid"),
                Column::guid("applicationid"),
                Column::flag("isdisabled", false),
            ],
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 8,
    },
    Table {
        logical: "publisher",
        schema: "Publisher",
        set: "publishers",
        label: "Publisher",
        id: "publisherid",
        name: "friendlyname",
        ownership: Ownership::Organization,
        writable: false,
        columns: &[
            &[
                Column::id("publisherid"),
                Column::text("uniquename", 256).required(Required::System),
                Column::text("friendlyname", 256).required(Required::System),
                Column::text("customizationprefix", 8).required(Required::System),
                Column::integer("customizationoptionvalueprefix"),
            ],
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 7101,
    },
    Table {
        logical: "solution",
        schema: "Solution",
        set: "solutions",
        label: "Solution",
        id: "solutionid",
        name: "friendlyname",
        ownership: Ownership::Organization,
        writable: false,
        columns: &[
            &[
                Column::id("solutionid"),
                Column::text("uniquename", 65).required(Required::System),
                Column::text("friendlyname", 256).required(Required::System),
                Column::text("version", 256).default(Fallback::Text("1.0.0.0")),
                Column::flag("ismanaged", false),
                Column::flag("isvisible", true),
                Column::lookup("publisherid", &["publisher"]).required(Required::System),
            ],
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 7100,
    },
    Table {
        logical: "solutioncomponent",
        schema: "SolutionComponent",
        set: "solutioncomponents",
        label: "Solution Component",
        id: "solutioncomponentid",
        name: "solutioncomponentid",
        ownership: Ownership::Organization,
        writable: false,
        columns: &[
            &[
                Column::id("solutioncomponentid"),
                Column::lookup("solutionid", &["solution"]).required(Required::System),
                Column::guid("objectid"),
                Column::integer("componenttype"),
            ],
            SYSTEM,
        ],
        collections: &[],
        object_type_code: 7103,
    },
];
