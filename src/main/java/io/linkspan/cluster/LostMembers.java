package io.linkspan.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import io.linkspan.bus.RequestTargets;

/** Reports members that leave, with or without clients, to those that have sent them requests. */
final class LostMembers implements MembershipListener {

  /** The attribute in which Vert.x keeps the id of a member. */
  private static final String BUS_ID = "__vertx.nodeId";

  private final RequestTargets targets;

  LostMembers(RequestTargets targets) {
    this.targets = targets;
  }

  @Override
  public void memberAdded(MembershipEvent event) {
    String id = busId(event.getMember());
    if (id != null) {
      targets.memberJoined(id);
    }
  }

  @Override
  public void memberRemoved(MembershipEvent event) {
    String id = busId(event.getMember());
    if (id != null) {
      targets.memberLost(id);
    }
  }

  private static String busId(Member member) {
    return member.getAttribute(BUS_ID);
  }
}
