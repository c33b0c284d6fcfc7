package io.linkspan.cluster.security;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.networking.Channel;
import com.hazelcast.internal.networking.ChannelInitializer;
import com.hazelcast.internal.server.ServerContext;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Creates members of Hazelcast that authenticate each other and encrypt their connections. It
 * stands where the Enterprise edition puts its TLS, which is an internal interface of Hazelcast:
 * {@code SecuredMemberTest} fails when another version has changed it.
 */
public final class SecuredMember extends DefaultNodeContext {

  private final ClusterSecrets secrets;

  private SecuredMember(ClusterSecrets secrets) {
    this.secrets = secrets;
  }

  /** Starts a member; returns when it has joined the others, or found none. */
  public static HazelcastInstance start(Config config, ClusterSecrets secrets) {
    return HazelcastInstanceFactory.newHazelcastInstance(
        config, config.getInstanceName(), new SecuredMember(secrets));
  }

  @Override
  public NodeExtension createNodeExtension(Node node) {
    return new Extension(node, secrets);
  }

  private static final class Extension extends DefaultNodeExtension {

    private final ClusterSecrets secrets;
    private final PendingPeers pending = new PendingPeers();
    private final RejectedPeers rejected = new RejectedPeers("cluster.port");

    Extension(Node node, ClusterSecrets secrets) {
      super(node);
      this.secrets = secrets;
    }

    @Override
    public Function<EndpointQualifier, ChannelInitializer> createChannelInitializerFn(
        ServerContext context) {
      Function<EndpointQualifier, ChannelInitializer> plain =
          super.createChannelInitializerFn(context);
      return port -> {
        ChannelInitializer initializer = plain.apply(port);
        return channel -> secure(channel, initializer);
      };
    }

    /** Puts the handshake between the socket and everything that Hazelcast has in the pipeline. */
    private void secure(Channel channel, ChannelInitializer plain) throws Exception {
      var link = new MemberLink(channel, secrets, pending, rejected);
      channel.inboundPipeline().addLast(new HelloDecoder(link));
      plain.initChannel(channel);
      channel.outboundPipeline().addLast(new HelloEncoder(link));
      channel.addCloseListener(pending::remove);
      if (pending.add(channel, link::giveUp)) {
        checkLater();
      }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the check schedules the next one itself
    private void checkLater() {
      node.getNodeEngine()
          .getExecutionService()
          .schedule(this::check, PendingPeers.TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    private void check() {
      if (pending.closeOverdue()) {
        checkLater();
      }
    }
  }
}
