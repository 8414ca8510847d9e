list "powerautomate_cba_credential" "robots" {
  provider         = powerautomate
  include_resource = true
  limit            = 1000

  config {
    certificate_name = "robot"
    unmanaged_only   = true
  }
}
