package io.linkspan.storm;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Explains why a gateway refuses or closes the clients of a storm, and which keys of its
 * configuration decide it.
 */
public final class StormReasons {

  private static final String LINK_ENDED =
      "the link ended without an answer or a close frame: limits.pending, limits.stalled, or the"
          + " target has ended";

  private static final Map<String, String> ALL = all();

  private StormReasons() {}

  private static Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("400", "HTTP: the request is malformed");
    all.put("401", "HTTP: the client has no identity, or one that is not valid (auth)");
    all.put("403", "HTTP: http.origins, a ban or a revocation");
    all.put("404", "HTTP: the target has nothing at this path");
    all.put(
        "429",
        "HTTP: limits.connections, limits.connectionsPerAddress, limits.connectRate,"
            + " limits.pending or session.perUser.max");
    all.put("503", "HTTP: memory.refuseAt, a drain, or the service of auth.hook");
    all.put("closed", LINK_ENDED);
    all.put("reset", LINK_ENDED);
    all.put("connect failed", "this machine has no address or no port for another link");
    all.put("1001", "going-away: the target drains");
    all.put("1005", "a close frame without a code");
    all.put("1009", "too-large: websocket.maxMessageSize");
    all.put("1011", "server-error");
    all.put("4100", "reconnect: a rebalance, or session.maxAge");
    all.put("4400", "malformed: limits.malformed");
    all.put("4401", "unauthenticated or revoked");
    all.put("4403", "forbidden or blocked: a ban or a revocation");
    all.put("4408", "heartbeat-timeout: websocket.heartbeat");
    all.put("4409", "replaced: session.perUser.max");
    all.put("4410", "kicked by an operator or a service");
    all.put("4413", "slow-consumer: limits.writeQueue, or memory.shedAt");
    all.put("4429", "rate-limited: limits.connectRate");
    all.put("rate-limited", "limits.messageRate, limits.byteRate or limits.costRate");
    all.put("queue-full", "limits.waiting, limits.waitingBytes, session.maxPending or memory");
    all.put("forbidden", "no route or permission allows the message");
    all.put("timeout", "the service did not answer in time");
    all.put("unavailable", "the service cannot be reached");
    return Collections.unmodifiableMap(all);
  }

  /** Returns the meanings of all names that are known, by the name. */
  public static Map<String, String> meanings() {
    return ALL;
  }

  /** Returns what a name means; empty for one that is not known. */
  public static String meaning(String name) {
    return ALL.getOrDefault(name, "");
  }
}
