package io.linkspan.transport.engineio;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Finds the Engine.IO sessions of this node by their id. Shared by all event loops. */
public final class EngineSessions {

  private final ConcurrentMap<String, EngineLink> sessions = new ConcurrentHashMap<>();

  /**
   * Returns the session with this id, which may live on another event loop.
   *
   * @param sid id of the session, or null
   * @return null when there is none
   */
  public EngineLink find(String sid) {
    return sid == null ? null : sessions.get(sid);
  }

  public void add(EngineLink session) {
    sessions.put(session.sid(), session);
  }

  public void remove(String sid) {
    sessions.remove(sid);
  }

  /** Returns the sessions that live on an event loop. */
  public List<EngineLink> on(EventLoop loop) {
    return sessions.values().stream().filter(session -> session.loop() == loop).toList();
  }
}
