package io.linkspan.storm;

/**
 * Identifies one client of a storm.
 *
 * @param beside whether it is one of the good clients beside the storm
 * @param number counts from 0
 */
record StormClient(StormKind kind, boolean beside, int number) {

  /** Returns the user that it connects as. */
  String user() {
    return (beside ? "good-" : "storm-") + number;
  }
}
