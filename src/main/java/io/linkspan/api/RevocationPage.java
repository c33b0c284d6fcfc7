package io.linkspan.api;

import java.util.List;

/**
 * One page of a listing of revocations.
 *
 * @param revocations in the order of their ids
 * @param next cursor of the next page; null when this is the last one
 */
public record RevocationPage(List<Revocation> revocations, String next) {

  public RevocationPage {
    revocations = List.copyOf(revocations);
  }
}
