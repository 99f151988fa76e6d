output "trigger_ids" {
  description = "The triggers that were made, by event."
  value       = { for name, trigger in genesyscloud_processautomation_trigger.event : name => trigger.id }
}

output "flow_ids" {
  description = "The workflows that were made, by event."
  value       = { for name, flow in genesyscloud_flow.event : name => flow.id }
}
