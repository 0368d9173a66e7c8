using PmOrleans.Node.Port;

namespace PmOrleans.Node.Embedded;

/// <content>Experiments.</content>
public sealed partial class EmbeddedNode
{
    public ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default) =>
        _engine.ReadExperimentsAsync(cancellation);

    public ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default) =>
        _engine.ReadExperimentAsync(experimentId, cancellation);
}
