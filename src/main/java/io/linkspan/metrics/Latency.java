package io.linkspan.metrics;

/** Durations that are measured, each a histogram of its own. */
public enum Latency {
  /** Of a Message of a client, from its frame until a service or session has accepted it. */
  HAND_OVER(
      "linkspan_hand_over_seconds",
      "",
      "Time from the frame of a client to the acknowledgement of its message"),
  /** Of a request to a service on the event bus, until its answer or acknowledgement. */
  SERVICE_REPLY(
      "linkspan_service_reply_seconds",
      "service",
      "Time from a request to a service to its answer or acknowledgement"),
  /** Of a Message for a client, from its acceptance by the session to the acknowledgement. */
  DELIVERY(
      "linkspan_delivery_seconds",
      "client",
      "Time from the acceptance of a message for a client to its acknowledgement"),
  /** Of a client that begins a session, from its request or link to the session. */
  CONNECT(
      "linkspan_connect_seconds",
      "transport",
      "Time from the request or link of a client to its new session"),
  /** Of a client that resumes a session, from its request or link to the session. */
  RESUME(
      "linkspan_resume_seconds",
      "transport",
      "Time from the request or link of a client to its resumed session"),
  /** Of one attempt at a service that is reached by HTTP or TCP. */
  UPSTREAM_ATTEMPT(
      "linkspan_upstream_attempt_seconds",
      "upstream",
      "Duration of an attempt, whatever its outcome");

  private final String metric;
  private final String label;
  private final String help;

  Latency(String metric, String label, String help) {
    this.metric = metric;
    this.label = label;
    this.help = help;
  }

  /** Returns the name of the histogram in Prometheus' format. */
  public String metric() {
    return metric;
  }

  /** Returns the name of the label that its series have; empty when there is one series only. */
  public String label() {
    return label;
  }

  String help() {
    return help;
  }
}
