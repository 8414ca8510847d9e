# terraform query                            shows what is there
# terraform query -generate-config-out=x.tf  writes it down as configuration with import blocks
list "powerautomate_cba_credential" "all" {
  provider         = powerautomate
  include_resource = true
  limit            = 1000

  config {
    certificate_name = "robot"
    unmanaged_only   = true
  }
}
