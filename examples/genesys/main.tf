# A trigger starts a workflow, the workflow calls a data action, and the data action posts the event to Untilread.
# Nothing is decided here: Untilread asks Genesys Cloud what is really unread before it tells anybody.

locals {
  integration_name = "${var.name_prefix} web services"
  action_name      = "${var.name_prefix} tell of event"

  # The time of an event has another name in each of the two topics.
  topics = {
    undelivered = {
      watched    = var.watch_undelivered
      flow       = "${var.name_prefix} undelivered messages"
      topic      = "v2.webmessaging.deployments.{id}.undelivered.messages"
      time_field = "eventTimeMs"
      criteria   = jsonencode([])
      delay      = null
    }
    customer_end = {
      watched    = var.watch_customer_end
      flow       = "${var.name_prefix} customer end"
      topic      = "v2.detail.events.conversation.{id}.customer.end"
      time_field = "eventTime"
      criteria   = jsonencode([{ jsonPath = "messageType", operator = "Equal", value = "WEBMESSAGING" }])
      delay      = var.customer_end_delay_seconds
    }
  }
  events = { for name, event in local.topics : name => event if event.watched }
}

resource "genesyscloud_integration_credential" "untilread" {
  name                 = "${var.name_prefix} webhook token"
  credential_type_name = "userDefined"
  fields = {
    token = var.webhook_token
  }
}

resource "genesyscloud_integration" "untilread" {
  intended_state   = "ENABLED"
  integration_type = "custom-rest-actions"

  config {
    name       = local.integration_name
    notes      = "Posts events of web messaging to Untilread."
    properties = jsonencode({})
    advanced   = jsonencode({})
    credentials = {
      # The integration type calls its one credential basicAuth, of whatever type it is.
      basicAuth = genesyscloud_integration_credential.untilread.id
    }
  }
}

resource "genesyscloud_integration_action" "tell" {
  name                   = local.action_name
  category               = local.integration_name
  integration_id         = genesyscloud_integration.untilread.id
  secure                 = false
  config_timeout_seconds = 30

  contract_input = jsonencode({
    type     = "object"
    required = ["TOPIC", "CONVERSATION_ID"]
    properties = {
      TOPIC               = { type = "string" }
      CONVERSATION_ID     = { type = "string" }
      SESSION_ID          = { type = "string" }
      COMMUNICATION_ID    = { type = "string" }
      DEPLOYMENT_ID       = { type = "string" }
      EXTERNAL_CONTACT_ID = { type = "string" }
      EVENT_TIME          = { type = "string" }
    }
  })

  contract_output = jsonencode({
    type = "object"
    properties = {
      told = { type = "string" }
    }
  })

  config_request {
    request_type         = "POST"
    request_url_template = var.untilread_url
    headers = {
      Authorization = "Bearer $${credentials.token}"
      Content-Type  = "application/json"
    }
    # All are ids, times and a topic: nothing in them needs escaping. "$!" leaves out what is not set.
    request_template = jsonencode({
      topicName         = "$${input.TOPIC}"
      conversationId    = "$${input.CONVERSATION_ID}"
      sessionId         = "$!{input.SESSION_ID}"
      communicationId   = "$!{input.COMMUNICATION_ID}"
      deploymentId      = "$!{input.DEPLOYMENT_ID}"
      externalContactId = "$!{input.EXTERNAL_CONTACT_ID}"
      eventTime         = "$!{input.EVENT_TIME}"
    })
  }

  config_response {
    translation_map          = {}
    translation_map_defaults = {}
    success_template         = jsonencode({ told = "yes" })
  }
}

resource "genesyscloud_flow" "event" {
  for_each = local.events

  filepath          = "${path.module}/flow.yaml"
  file_content_hash = filesha256("${path.module}/flow.yaml")
  substitutions = {
    flow_name   = each.value.flow
    division    = var.division
    integration = local.integration_name
    action      = local.action_name
    topic       = each.value.topic
    time_field  = each.value.time_field
  }

  depends_on = [genesyscloud_integration_action.tell]
}

resource "genesyscloud_processautomation_trigger" "event" {
  for_each = local.events

  name             = each.value.flow
  description      = "Tells Untilread of events of web messaging."
  topic_name       = each.value.topic
  enabled          = true
  match_criteria   = each.value.criteria
  delay_by_seconds = each.value.delay

  target {
    id   = genesyscloud_flow.event[each.key].id
    type = "Workflow"
    workflow_target_settings {
      data_format = "TopLevelPrimitives"
    }
  }
}
