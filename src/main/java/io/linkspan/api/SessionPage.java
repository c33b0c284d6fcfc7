package io.linkspan.api;

import java.util.List;

/**
 * One page of a listing of sessions.
 *
 * @param sessions in the order of their ids
 * @param next cursor of the next page; null when this is the last one
 */
public record SessionPage(List<SessionInfo> sessions, String next) {

  public SessionPage {
    sessions = List.copyOf(sessions);
  }
}
