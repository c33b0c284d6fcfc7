package io.linkspan.telemetry.otel;

import io.opentelemetry.api.common.AttributeKey;

/** Names of the attributes of spans. */
final class Names {

  static final AttributeKey<String> TRANSPORT = AttributeKey.stringKey("linkspan.transport");
  static final AttributeKey<String> SESSION = AttributeKey.stringKey("linkspan.session");
  static final AttributeKey<String> TO = AttributeKey.stringKey("linkspan.to");
  static final AttributeKey<String> TYPE = AttributeKey.stringKey("linkspan.type");
  static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("linkspan.destination");
  static final AttributeKey<String> RECIPIENT = AttributeKey.stringKey("linkspan.recipient");
  static final AttributeKey<String> UPSTREAM = AttributeKey.stringKey("linkspan.upstream");
  static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("linkspan.attempt");
  static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("messaging.message.id");
  static final AttributeKey<String> USER = AttributeKey.stringKey("enduser.id");
  static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private Names() {}
}
