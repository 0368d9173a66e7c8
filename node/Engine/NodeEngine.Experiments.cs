using PmOrleans.Node.Experiments;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Experiments.</content>
public sealed partial class NodeEngine
{
    public async ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (await WaitForFiguresAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return Reply<IReadOnlyList<ExperimentView>>.From(ExperimentViews.All(catalog, _accounts, _time.NowMicros()));
    }

    public async ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default)
    {
        var all = await ReadExperimentsAsync(cancellation);
        if (all.Refusal is { } refusal)
        {
            return refusal;
        }

        return all.Value!.FirstOrDefault(experiment => experiment.Id == experimentId) is { } found
            ? found
            : new Refusal(RefusalKind.NotFound, $"there is no experiment '{experimentId}'");
    }
}
