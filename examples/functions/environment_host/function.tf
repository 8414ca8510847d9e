output "host" {
  value = provider::powerautomate::environment_host("37520647-dbdf-49fa-ba01-6134c14680c4", "public")
}
