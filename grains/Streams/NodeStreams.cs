using PmOrleans.GrainInterfaces.Streams;

namespace PmOrleans.Grains.Streams;

/// <summary>The streams of a silo.</summary>
internal static class NodeStreams
{
    /// <summary>
    /// In the memory of the silos: quick, and gone with the silo that holds a queue. What must not get lost is sent by direct call, or sent again until its effect
    /// is seen: message ids make that harmless.
    /// </summary>
    public static ISiloBuilder AddNodeStreams(this ISiloBuilder silo) => silo
        .AddMemoryStreams(StreamNames.Provider)
        .AddMemoryGrainStorage("PubSubStore");
}
