package io.linkspan.session;

/** Ways in which a session comes to a shard or leaves it, other than by its beginning and end. */
enum TransferStep {
  /** Its client has reconnected here. */
  ARRIVED("arrived"),
  /** A shard adopts it from its replica, since its node was lost. */
  ADOPTED("adopted"),
  /** Another shard takes it. */
  DEPARTED("departed"),
  /** The other shard did not take it after all. */
  RETURNED("returned");

  private final String label;

  TransferStep(String label) {
    this.label = label;
  }

  /** Returns the value of the metric's label. */
  String label() {
    return label;
  }
}
