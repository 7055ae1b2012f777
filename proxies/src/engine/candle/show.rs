//! What observers are shown of a backward pass.

use super::{Observer, Run, View, numbers};
use crate::network::{LayerId, Op, Role};
use candle_core::Tensor;

impl Run<'_, '_> {
    pub(super) fn show_output_gradient(&mut self, id: LayerId, gradient: &Tensor) -> candle_core::Result<()> {
        let layer = self.net.layer(id);
        let is_input = matches!(layer.op, Op::Input(_));
        let images = self.pass.batch.size();
        if is_input && self.audience.seen.input_gradient {
            let host = numbers(gradient)?;
            let view = View::contiguous(host.values(), images, layer.shape);
            self.audience.show(|watch| watch.input_gradient, |observer| observer.input_gradient(&view));
        } else if !is_input && self.audience.seen.output_gradients {
            let (value, gradient) = (numbers(self.output(id))?, numbers(gradient)?);
            let value = View::contiguous(value.values(), images, layer.shape);
            let gradient = View::contiguous(gradient.values(), images, layer.shape);
            self.audience
                .show(|watch| watch.output_gradients, |observer| observer.output_gradient(id, &value, &gradient));
        }
        Ok(())
    }

    pub(super) fn show_saliency(&mut self, id: LayerId, gradient: &Tensor) -> candle_core::Result<()> {
        let layer = self.net.layer(id);
        if self.audience.seen.saliencies && matches!(layer.op, Op::Conv(_) | Op::Linear(_)) {
            let (value, gradient) = (numbers(self.output(id))?, numbers(gradient)?);
            let area = layer.shape.area();
            let channels = 0..self.pass.batch.size() * layer.shape.channels;
            let product = |channel: usize| {
                let pixels = channel * area..(channel + 1) * area;
                value.values().slice(pixels.clone()).sum_with(gradient.values().slice(pixels), |a, g| a * g)
            };
            let products: Vec<f64> = channels.map(product).collect();
            self.audience.show(|watch| watch.saliencies, |observer| observer.saliency(id, &products));
        }
        Ok(())
    }

    /// Shows a layer's parameters with their gradients and the Hessian-vector product, zeros where there are none.
    pub(super) fn show_weights(
        &mut self,
        id: LayerId,
        gradients: Option<Vec<Tensor>>,
        product: Option<Tensor>,
    ) -> candle_core::Result<()> {
        if self.audience.seen.curvature {
            self.show_curvature(id, gradients.as_ref().and_then(|gradients| gradients.first()), product.as_ref())?;
        }
        if !self.audience.seen.weight_gradients {
            return Ok(());
        }
        let net = self.net;
        let declared = net.parameters().iter().filter(|parameter| parameter.layer == id);
        for (i, (parameter, value)) in declared.zip(&self.parameters[id.index()]).enumerate() {
            let gradient = match &gradients {
                Some(gradients) => gradients[i].clone(),
                None => value.zeros_like()?,
            };
            let (value, gradient) = (numbers(value)?, numbers(&gradient)?);
            let event = |observer: &mut dyn Observer| observer.weight(parameter, value.values(), gradient.values());
            self.audience.show(|watch| watch.weight_gradients, event);
        }
        Ok(())
    }

    /// Shows a layer's weight with its gradient and the Hessian-vector product, zeros where there is none.
    fn show_curvature(
        &mut self,
        id: LayerId,
        gradient: Option<&Tensor>,
        product: Option<&Tensor>,
    ) -> candle_core::Result<()> {
        let Some(parameter) = self.net.parameters().iter().find(|p| p.layer == id && p.role == Role::Weight) else {
            return Ok(());
        };
        let zeros = self.parameters[id.index()][0].zeros_like()?;
        let [gradient, product] = [gradient, product].map(|tensor| numbers(tensor.unwrap_or(&zeros)));
        let (gradient, product) = (gradient?, product?);
        let event = |to: &mut dyn Observer| to.curvature(parameter, gradient.values(), product.values());
        self.audience.show(|watch| watch.curvature, event);
        Ok(())
    }
}
